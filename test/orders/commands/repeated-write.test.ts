import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALL_ORDERS, type Visibility } from '../../../src/domain/visibility.ts';
import { LedgerUnavailableError } from '../../../src/ledger/ledger.ts';
import {
  cancelOrder,
  syncOrder,
} from '../../../src/orders/commands/pay-after-order/cancel-and-sync.ts';
import { completeOrder } from '../../../src/orders/commands/pay-after-order/complete.ts';
import { createOrder } from '../../../src/orders/commands/pay-after-order/create.ts';
import type { OrderServices } from '../../../src/orders/commands/write-types.ts';
import { InvalidInputError } from '../../../src/orders/rules/field-rules.ts';
import {
  createWechatPay,
  OrderConflictError,
  OrderNotFoundError,
  OrderStateError,
  OutcomeUnknownError,
  type WechatPay,
  WechatRefusedError,
  WechatUnavailableError,
} from '../../../src/wechat/index.ts';
import { type DatabaseServer, startSqlite } from '../../fixtures/ledger/databases.ts';
import { ORIGIN } from '../../fixtures/ledger/intended.ts';
import { openTestLedger, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { orderInput, startUpstream, type Upstream } from '../../fixtures/orders/services.ts';

/** Sequences of up to so many steps: what a caller does, what the user does, a restart, time that passes. */
const MOST_STEPS = 9;
const RUNS = 60;
type CallerName = 'shop' | 'alice' | 'bob';
/** As often as they are listed here. */
const CALLERS = ['shop', 'alice', 'alice', 'bob'] as const;
const OPERATIONS = ['create', 'create', 'cancel', 'cancel', 'cancel', 'complete', 'sync'] as const;
/** A fault of every attempt of one call. */
const FAULTS = [
  null,
  null,
  null,
  { fault: 'reset-before' },
  { fault: 'reset-after' },
  { fault: 'unsigned', takesEffect: true },
  { fault: 'other-answer', of: 'other-order' },
  { fault: 'other-answer', of: 'same-order', takesEffect: true },
  { fault: 'other-answer', of: 'same-order', takesEffect: false },
  { fault: 'status', status: 400, signature: 'none', takesEffect: true },
  { fault: 'status', status: 404, signature: 'wrong', takesEffect: false },
] as const;

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      caller: fc.constantFrom(...CALLERS),
      operation: fc.constantFrom(...OPERATIONS),
      /** Two inputs: the second one has an end that is too near once time has passed. */
      variant: fc.constantFrom(0, 0, 0, 1),
      fault: fc.constantFrom(...FAULTS),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'confirm' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pay' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'two hours later' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
type Call = Extract<Step, { kind: 'call' }>;

/** Most stories begin with an order of Alice's. */
const first: Call = {
  kind: 'call',
  caller: 'alice',
  operation: 'create',
  variant: 0,
  fault: null,
};
const story = fc
  .tuple(
    fc.constantFrom(true, true, true, false),
    fc.array(step, { minLength: 2, maxLength: MOST_STEPS }),
  )
  .map(([isAlices, steps]) => (isAlices ? [first, ...steps] : steps));

let upstream: Upstream;
let hasty: WechatPay;
let files: DatabaseServer;

beforeAll(async () => {
  files = await startSqlite();
  // Strict: a repeat is refused for the state that the order has by then.
  upstream = await startUpstream({ rules: { payDelaySeconds: null, repeatAnswersSuccess: false } });
  const { credentials } = upstream.sandbox;
  hasty = createWechatPay({
    mchid: credentials.WECHAT_MCHID,
    merchantSerial: credentials.WECHAT_MERCHANT_SERIAL,
    merchantKey: credentials.WECHAT_MERCHANT_KEY,
    publicKeyId: credentials.WECHAT_PUBLIC_KEY_ID,
    publicKey: credentials.WECHAT_PUBLIC_KEY,
    baseUrl: credentials.WECHAT_BASE_URL,
    // No time for a second attempt.
    timeoutMs: 900,
    resilience: { breakerAttempts: Number.POSITIVE_INFINITY, maxRetries: 0, retryShare: 0 },
  });
});
afterAll(async () => {
  await hasty.close();
  await upstream.close();
  await files.stop();
});

/** One order number, its callers and their results. */
async function startSetup() {
  const url = await files.emptyUrl();
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  let ledger: TestLedger = await openTestLedger({ url, now, inProcess: true });
  const order = orderInput(upstream);
  const { outOrderNo, appid, serviceId } = order;
  const ids = { outOrderNo, appid, serviceId };
  const soon = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const paidTime = () => new Date().toISOString().replace(/\.\d+/, '');
  const inputs = {
    create: [order, { ...order, serviceEndTime: soon }],
    cancel: [
      { ...ids, reason: '用户投诉' },
      { ...ids, reason: '下错单' },
    ],
    sync: [
      { ...ids, paidTime: paidTime() },
      { ...ids, paidTime: paidTime() },
    ],
  } as const;
  const completeInput = (variant: 0 | 1) => {
    const totalAmount = [300, 200][variant] ?? 0;
    const fees = [{ feeName: '租金', feeAmount: totalAmount }];
    return { ...ids, finishType: 'FINISHED' as const, totalAmount, fees };
  };
  const reachOf = (caller: CallerName): Visibility =>
    caller === 'shop' ? ALL_ORDERS : { kind: 'own', owner: ledger.ownerOf(caller) };
  const shownState = async () => {
    const orders = await upstream.control('GET', 'orders');
    const list: readonly unknown[] = Array.isArray(orders) ? orders : [];
    const found = list.map(Object).find((one) => one.out_order_no === outOrderNo);
    return found === undefined ? null : String(found.state);
  };
  const run = ({ caller, operation, variant, fault }: Call) => {
    const wechat = fault === null ? upstream.wechat : hasty;
    const services: OrderServices = {
      wechat,
      inputRules: 'all',
      ledger,
      visibility: reachOf(caller),
      origin: ORIGIN,
    };
    switch (operation) {
      case 'create':
        return createOrder(services, inputs.create[variant] ?? order);
      case 'cancel':
        return cancelOrder(services, inputs.cancel[variant] ?? inputs.cancel[0]);
      case 'complete':
        return completeOrder(services, completeInput(variant));
      case 'sync':
        return syncOrder(services, inputs.sync[variant] ?? inputs.sync[0]);
    }
  };
  return {
    outOrderNo,
    shownState,
    run,
    isSoonOver: () => aheadMs > 3_600_000,
    ledger: () => ledger,
    owner: async () => {
      const row = await ledger.store.db
        .selectFrom('orders')
        .select('owner')
        .where('out_order_no', '=', outOrderNo)
        .executeTakeFirst();
      return row?.owner;
    },
    ownerOf: (caller: CallerName) => ledger.ownerOf(caller),
    later: () => {
      aheadMs += 7_200_000;
    },
    restart: async () => {
      await ledger.close();
      ledger = await openTestLedger({ url, now, inProcess: true });
    },
    close: () => ledger.close(),
  };
}

const DEFINITE = [
  InvalidInputError,
  // Too little time on a slow machine: nothing is sent.
  LedgerUnavailableError,
  OrderConflictError,
  OrderNotFoundError,
  OrderStateError,
  WechatRefusedError,
];

test('a repeat sends nothing that a first call could not send, and never fails after a success', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const setup = await startSetup();
      const known: Known = { succeeded: new Set(), createdBy: null };
      const log: string[] = [];
      try {
        for (const one of steps) {
          log.push(JSON.stringify(one));
          if (one.kind === 'confirm' || one.kind === 'pay') {
            await upstream
              .control('POST', `orders/${setup.outOrderNo}/${one.kind}`)
              .catch(() => {});
          } else if (one.kind === 'restart') {
            await setup.restart();
          } else if (one.kind === 'two hours later') {
            setup.later();
          } else {
            await check(one, setup, known, log);
          }
        }
      } finally {
        await setup.close();
      }
    }),
    { numRuns: RUNS },
  );
}, 120_000);

interface Known {
  readonly succeeded: Set<string>;
  /** Whose create made the order. */
  createdBy: CallerName | null;
}

async function check(
  call: Call,
  setup: Awaited<ReturnType<typeof startSetup>>,
  known: Known,
  log: readonly string[],
): Promise<void> {
  const { caller, operation, variant, fault } = call;
  const steps = log.join('\n');
  await setup.ledger().idle();
  const [before, owner] = [await setup.shownState(), await setup.owner()];
  const sentBefore = upstream.calls(operation).length;
  if (fault !== null) {
    await upstream.fault({ on: operation, times: null, ...fault });
  }
  const outcome = await setup.run(call).catch((error: unknown) => error);
  await upstream.control('DELETE', 'faults');
  const sent = upstream.calls(operation).length - sentBefore;
  if (before === null && (await setup.shownState()) !== null) {
    known.createdBy = caller;
  }
  if (caller !== 'shop') {
    const isOwn = known.createdBy === caller;
    const mayCancel = operation === 'cancel' && before === 'CREATED' && isOwn;
    const isAvailable = owner === undefined || owner === setup.ownerOf(caller);
    const mayCreate = operation === 'create' && isAvailable;
    expect(sent === 0 || mayCancel || mayCreate, steps).toBe(true);
  }
  if (operation === 'create' && variant === 1 && setup.isSoonOver()) {
    expect(sent, `an end in the past was sent\n${steps}`).toBe(0);
  }
  const key = `${caller} ${operation} ${variant}`;
  const isSuccess = typeof outcome === 'object' && outcome !== null && 'replayed' in outcome;
  if (known.succeeded.has(key) && fault === null) {
    expect(outcome, `a repeat of a success failed\n${steps}`).toMatchObject({ replayed: true });
  }
  if (isSuccess) {
    known.succeeded.add(key);
    const after = await setup.shownState();
    const expected = {
      create: after !== null,
      cancel: after === 'REVOKED',
      complete: after === 'FINISHED' || after === 'USER_PAID',
      sync: after === 'USER_PAID',
    };
    expect(expected[operation], `a false success\n${steps}`).toBe(true);
    return;
  }
  const isKnown = [...DEFINITE, OutcomeUnknownError, WechatUnavailableError].some(
    (type) => outcome instanceof type,
  );
  expect(isKnown, `${String(outcome)}\n${steps}`).toBe(true);
  if (DEFINITE.some((type) => outcome instanceof type) && sent > 0) {
    const after = await setup.shownState();
    expect(after, `a false refusal\n${steps}`).toBe(before);
  }
}
