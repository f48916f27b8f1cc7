import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { count, type Database } from './databases.ts';
import { trueOrders, trueTotal } from './expected-state.ts';
import { amountsOf, isCompleted, type Told } from './shopper.ts';

const GIVE_UP_S = 120;
/** An order that has not changed for some minutes is queried after a quarter of that time. */
const SAME_STATE_S = 240;

/** How long after the faults all intents are resolved. */
export async function secondsUntilSettled(database: Database): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const open = await count(database, "select count(*) from intents where status = 'open'");
    const seconds = (performance.now() - startMs) / 1000;
    if (open === 0 || seconds > GIVE_UP_S) {
      return seconds;
    }
    await sleep(200);
  }
}

export interface Finding {
  readonly what: string;
  /** The order numbers concerned. */
  readonly which: readonly string[];
}

/** Compares the results and records of the server with WeChat Pay. */
export async function checkEnd(
  database: Database,
  { url, credentials }: Sandbox,
  told: readonly Told[],
): Promise<readonly Finding[]> {
  await waitForStates(database, url);
  const orders = await trueOrders(url);
  const totals = new Map<string, number | null>();
  for (const number of orders.keys()) {
    totals.set(number, await trueTotal(credentials, number));
  }
  const indexOf = (number: string) => Number(number.slice(1));
  const asked = new Set(told.map(({ outOrderNo }) => outOrderNo));
  const successes = told.filter(({ word }) => word.endsWith('Payload'));
  const foreign = [...orders.keys()].filter((number) => !asked.has(number));
  const second = successes.filter(
    ({ outOrderNo, orderId }) => orderId !== null && orders.get(outOrderNo)?.orderId !== orderId,
  );
  const otherAmount = successes.filter(({ step, outOrderNo }) => {
    const { risk, total } = amountsOf(indexOf(outOrderNo));
    return step === 'create'
      ? orders.get(outOrderNo)?.riskAmount !== risk
      : totals.get(outOrderNo) !== total;
  });
  const intents = await database.rows(
    "select out_order_no, operation from intents where status = 'done'",
  );
  const done = new Set(intents.map((row) => `${row['operation']} ${row['out_order_no']}`));
  const misjudged = [...asked].filter((number) => {
    const order = orders.get(number);
    const completed = order !== undefined && isCompleted(order);
    return (
      done.has(`create ${number}`) !== (order !== undefined) ||
      done.has(`complete ${number}`) !== completed
    );
  });
  return [
    { what: 'second orders under one number', which: [...foreign, ...second.map(numberOf)] },
    { what: 'successes with another amount', which: otherAmount.map(numberOf) },
    { what: 'intents resolved wrongly', which: misjudged },
    { what: 'orders recorded in another state', which: await differing(database, url) },
  ];
}

/** Notifications and the reconciler need a while to deliver the last states. */
async function waitForStates(database: Database, sandbox: string): Promise<void> {
  const deadline = performance.now() + SAME_STATE_S * 1000;
  while ((await differing(database, sandbox)).length > 0 && performance.now() < deadline) {
    await sleep(500);
  }
}

async function differing(database: Database, sandbox: string): Promise<readonly string[]> {
  const rows = await database.rows('select out_order_no, state_raw as state from orders');
  const recorded = new Map(rows.map((row) => [row['out_order_no'], row['state']]));
  const orders = [...(await trueOrders(sandbox)).values()];
  return orders.filter(({ outOrderNo, state }) => recorded.get(outOrderNo) !== state).map(numberOf);
}

function numberOf({ outOrderNo }: { readonly outOrderNo: string }): string {
  return outOrderNo;
}
