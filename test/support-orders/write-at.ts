import { setTimeout as sleep } from 'node:timers/promises';
import { openTestLedger } from './ledger.ts';
import { see } from './observations.ts';

/** A process that sees new orders from a given moment on, while others do the same. */
const [url = '', moment = '0', name = '', count = '0'] = process.argv.slice(2);
const ledger = await openTestLedger({ url });
await sleep(Number(moment) - Date.now());
for (let number = 0; number < Number(count); number += 1) {
  await see(ledger, { outOrderNo: `${name}-${number}` });
}
await ledger.close();
