import { randomBytes } from 'node:crypto';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { acquireIntent } from '../../src/orders/commands/write-order.ts';
import { ledgerFile } from '../server-environment.ts';
import { APPID, SERVICE_ID } from '../work/merchant.ts';
import type { StageWork } from './stage.ts';

const TOGETHER = 64;
/** About what a create with four encrypted fields is. */
const BODY_BYTES = 2_200;

/** Intents that are durable when they count as written. */
export async function ledgerStages(
  directory: string,
): Promise<AsyncDisposable & { readonly works: readonly StageWork[] }> {
  const ledger = await openLedger({
    databaseUrl: `sqlite:${ledgerFile(directory)}`,
    dataKey: randomBytes(32),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const body = randomBytes(BODY_BYTES);
  let last = 0;
  const write = async () => {
    last += 1;
    const outOrderNo = `S${last}`;
    const intended = {
      operation: 'create' as const,
      product: 'PAY_AFTER' as const,
      outOrderNo,
      appid: APPID,
      serviceId: SERVICE_ID,
      canonical: outOrderNo,
      owner: null,
      prepare: { target: '/', body, platformSerial: 'PUB_KEY_ID_0' },
    };
    await acquireIntent({ ledger, origin: { client: 'bench', requestId: null } }, intended);
  };
  const works = [
    {
      name: 'ledger write',
      what: `an intent, sealed and durable, ${TOGETHER} concurrently: they share commits`,
      run: async (times: number) => {
        for (let done = 0; done < times; done += TOGETHER) {
          await Promise.all(Array.from({ length: Math.min(TOGETHER, times - done) }, write));
        }
      },
    },
    {
      name: 'ledger write, alone',
      what: 'an intent with a commit of its own',
      run: async (times: number) => {
        for (let time = 0; time < times; time += 1) {
          await write();
        }
      },
    },
  ];
  return { works, [Symbol.asyncDispose]: ledger.close };
}
