import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/ledger/database/open-store.ts';

/** A process that opens a store at a given moment, so that several do at the same one. */
const [url = '', moment = '0'] = process.argv.slice(2);
await sleep(Number(moment) - Date.now());
const store = await openStore(url);
await store.close();
