import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { count, type Database } from './databases.ts';
import { amountsOf, type Goods } from './goods.ts';
import type { StepResult } from './shopper.ts';

const GIVE_UP_S = 120;
/** An order that has not changed for some minutes is queried after a quarter of that time. */
const SAME_STATE_S = 240;

/**
 * How long after the faults all intents are resolved; but for those of a collect, which leaves no trace
 * in an order that is not paid: they are closed after an hour.
 */
export async function secondsUntilSettled(database: Database): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const open = await count(
      database,
      "select count(*) from intents where status = 'open' and operation <> 'collect'",
    );
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

/** Compares the results and records of the server with WeChat Pay, for each product. */
export async function checkEnd(
  database: Database,
  sandbox: Sandbox,
  results: readonly StepResult[],
  all: readonly Goods[],
): Promise<readonly Finding[]> {
  await waitForStates(database, sandbox.url, all);
  const found = await Promise.all(
    all.map((goods) =>
      endOf(
        database,
        sandbox,
        results.filter((one) => one.goods === goods),
        goods,
      ),
    ),
  );
  return Object.entries(Object.groupBy(found.flat(), ({ what }) => what)).map(([what, same]) => ({
    what,
    which: (same ?? []).flatMap(({ which }) => which),
  }));
}

async function endOf(
  database: Database,
  { url, credentials }: Sandbox,
  results: readonly StepResult[],
  goods: Goods,
): Promise<readonly Finding[]> {
  const orders = await goods.orders(url);
  const totals = new Map<string, number | null>();
  for (const [number, order] of orders) {
    totals.set(number, await goods.totalOf(credentials, order));
  }
  const indexOf = (number: string) => Number(number.slice(1));
  const asked = new Set(results.map(({ outOrderNo }) => outOrderNo));
  const successes = results.filter(({ word }) => word.endsWith('Payload'));
  const modified = new Set(
    successes.filter(({ step }) => step === 'modify').map(({ outOrderNo }) => outOrderNo),
  );
  const foreign = [...orders.keys()].filter((number) => !asked.has(number));
  const second = successes.filter(
    ({ outOrderNo, orderId }) => orderId !== null && orders.get(outOrderNo)?.orderId !== orderId,
  );
  const otherAmount = successes.filter(({ step, outOrderNo }) => {
    const { risk, total, lowered } = amountsOf(indexOf(outOrderNo));
    if (step === 'create') {
      return orders.get(outOrderNo)?.riskAmount !== risk;
    }
    if (step !== 'complete' && step !== 'modify') {
      return false;
    }
    // A modify of unknown outcome may have taken effect too.
    const possible = modified.has(outOrderNo) ? [lowered] : [total, lowered];
    return !possible.includes(totals.get(outOrderNo) ?? Number.NaN);
  });
  const intents = await database.rows(
    `select out_order_no, operation from intents where status = 'done' and product = '${goods.product}'`,
  );
  const done = new Set(intents.map((row) => `${row['operation']} ${row['out_order_no']}`));
  const misjudged = [...asked].filter((number) => {
    const order = orders.get(number);
    const steps = results.filter(({ outOrderNo }) => outOrderNo === number).map(({ step }) => step);
    return steps
      .filter((step) => step !== 'collect')
      .some((step) => {
        const tookEffect = order !== undefined && goods.isDone(step, order, indexOf(number));
        return done.has(`${step} ${number}`) !== tookEffect;
      });
  });
  return [
    { what: 'second orders under one number', which: [...foreign, ...second.map(numberOf)] },
    { what: 'successes with another amount', which: otherAmount.map(numberOf) },
    { what: 'intents resolved wrongly', which: misjudged },
    { what: 'orders recorded in another state', which: await differing(database, url, goods) },
    { what: 'events out of order', which: await disordered(database, goods) },
  ];
}

/** Notifications and the reconciler need a while to deliver the last states. */
async function waitForStates(
  database: Database,
  sandbox: string,
  all: readonly Goods[],
): Promise<void> {
  const deadline = performance.now() + SAME_STATE_S * 1000;
  const areSame = async () => {
    const each = await Promise.all(all.map((goods) => differing(database, sandbox, goods)));
    return each.flat().length === 0;
  };
  while (!(await areSame()) && performance.now() < deadline) {
    await sleep(500);
  }
}

/** By state, and for service orders by the total too, which a modify lowers. */
async function differing(
  database: Database,
  sandbox: string,
  goods: Goods,
): Promise<readonly string[]> {
  const rows = await database.rows(
    `select out_order_no, state_raw, state_description_raw, total_amount from orders where product = '${goods.product}'`,
  );
  const recorded = new Map(
    rows.map((row) => [
      row['out_order_no'],
      {
        state: [row['state_raw'], row['state_description_raw']].filter((word) => word).join(' '),
        totalAmount: row['total_amount'] === null ? null : Number(row['total_amount']),
      },
    ]),
  );
  const orders = [...(await goods.orders(sandbox)).values()];
  return orders
    .filter(({ outOrderNo, state, totalAmount }) => {
      const record = recorded.get(outOrderNo);
      return (
        record?.state !== state || (totalAmount !== undefined && record.totalAmount !== totalAmount)
      );
    })
    .map(numberOf);
}

/** Each event of a status names the status of the one before it. */
async function disordered(database: Database, { product }: Goods): Promise<readonly string[]> {
  const rows = await database.rows(
    `select out_order_no, status, previous_status from events where product = '${product}' order by id`,
  );
  const last = new Map<unknown, unknown>();
  return rows.flatMap((row) => {
    const number = row['out_order_no'];
    const follows = row['previous_status'] === (last.get(number) ?? null);
    last.set(number, row['status']);
    return follows ? [] : [String(number)];
  });
}

function numberOf({ outOrderNo }: { readonly outOrderNo: string }): string {
  return outOrderNo;
}
