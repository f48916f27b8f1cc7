import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALL_ORDERS, type Visibility } from '../../../src/domain/visibility.ts';
import { LedgerUnavailableError } from '../../../src/ledger/ledger.ts';
import { createServiceOrder } from '../../../src/orders/commands/service-order/create.ts';
import {
  CANCEL,
  COLLECT,
  COMPLETE,
  MODIFY,
  SYNC,
  updateServiceOrder,
} from '../../../src/orders/commands/service-order/update.ts';
import type { OrderServices } from '../../../src/orders/commands/write-types.ts';
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
import { at } from '../../fixtures/json.ts';
import { ORIGIN } from '../../fixtures/ledger/intended.ts';
import { openTestLedger, type TestLedger } from '../../fixtures/ledger/test-ledger.ts';
import { startUpstream, type Upstream } from '../../fixtures/orders/services.ts';

/** Random ones; those that are always tried come before. */
const RUNS = 20;
type CallerName = 'shop' | 'alice' | 'bob';
const OPERATIONS = [
  ...(['create', 'cancel', 'complete', 'complete'] as const),
  ...(['modify', 'modify', 'collect', 'sync'] as const),
] as const;
/** They look like the opposite of what has happened. */
const DECEPTIVE = [
  { fault: 'other-answer', of: 'same-order', takesEffect: false },
  { fault: 'status', status: 400, signature: 'none', takesEffect: true },
] as const;
/** Faults of every attempt of one call. */
const FAULTS = [
  ...DECEPTIVE,
  null,
  null,
  null,
  { fault: 'reset-before' },
  { fault: 'reset-after' },
  { fault: 'unsigned', takesEffect: true },
  { fault: 'other-answer', of: 'same-order', takesEffect: true },
  { fault: 'other-answer', of: 'other-order', takesEffect: true },
  { fault: 'status', status: 404, signature: 'wrong', takesEffect: false },
] as const;

const step = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      caller: fc.constantFrom<CallerName>('shop', 'shop', 'shop', 'alice', 'alice', 'bob'),
      operation: fc.constantFrom(...OPERATIONS),
      variant: fc.constantFrom<0 | 1>(0, 0, 1),
      fault: fc.constantFrom(...FAULTS),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'confirm' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pay' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
type Call = Extract<Step, { kind: 'call' }>;

const call = (operation: Call['operation'], changes: Partial<Call> = {}): Call => ({
  ...{ kind: 'call', caller: 'shop', operation, variant: 0, fault: null },
  ...changes,
});
const COMPLETED: readonly Step[] = [call('create'), { kind: 'confirm' }, call('complete')];
/** How many of these steps come before each write. */
const STEPS_BEFORE: ReadonlyMap<Call['operation'], number> = new Map([
  ['create', 0],
  ['cancel', 2],
  ['complete', 2],
  ['modify', 3],
  ['collect', 3],
  ['sync', 3],
]);
const OF_ALICE = (['create', 'complete', 'modify', 'collect', 'sync'] as const).map((operation) =>
  call(operation, { caller: 'alice' }),
);
/** Each write with each of these faults, and repeated; and what an end user must not do. */
const ALWAYS: readonly Step[][] = [
  ...[...STEPS_BEFORE].flatMap(([operation, before]) =>
    DECEPTIVE.map((fault) => [
      ...COMPLETED.slice(0, before),
      call(operation, { fault }),
      call(operation),
    ]),
  ),
  OF_ALICE,
];

/** Some histories begin with an order of an end user, or with one that is completed already. */
const history = fc
  .tuple(
    fc.constantFrom('nothing', 'completed', 'completed', 'of Alice'),
    fc.array(step, { minLength: 2, maxLength: 9 }),
  )
  .map(([beginning, steps]) => {
    switch (beginning) {
      case 'completed':
        return [...COMPLETED, ...steps];
      case 'of Alice':
        return [call('create', { caller: 'alice' }), ...steps];
      default:
        return steps;
    }
  });

let upstream: Upstream;
let hasty: WechatPay;
let directory: string;
let files = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'payafter-'));
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
    timeoutMs: 900,
    resilience: { breakerAttempts: Number.POSITIVE_INFINITY, maxRetries: 0, retryShare: 0 },
  });
});
afterAll(async () => {
  await hasty.close();
  await upstream.close();
  await rm(directory, { recursive: true });
});

const lists = (totalAmount: number) => ({
  postPayments: [{ name: '租金', amount: totalAmount }],
  totalAmount,
});
const second = () => new Date().toISOString().replace(/\.\d+/, '');

async function startSetup() {
  files += 1;
  const outOrderNo = `S${files}`;
  const url = `sqlite:${join(directory, `${files}.db`)}`;
  let ledger: TestLedger = await openTestLedger({ url, inProcess: true });
  const ids = { ...upstream.ids, outOrderNo };
  const create = [9_900, 9_800].map((amount) => ({
    ...ids,
    serviceIntroduction: '充电宝租借',
    timeRange: { startTime: 'OnAccept', endTime: '2099-12-31' },
    riskFund: { name: 'ESTIMATE_ORDER_COST', amount },
    needUserConfirm: true,
  }));
  const paidTime = second();
  const run = ({ caller, operation, variant, fault }: Call): Promise<object> => {
    const visibility: Visibility =
      caller === 'shop' ? ALL_ORDERS : { kind: 'own', owner: ledger.ownerOf(caller) };
    const wechat = fault === null ? upstream.wechat : hasty;
    const services: OrderServices = {
      wechat,
      inputRules: 'all',
      ledger,
      visibility,
      origin: ORIGIN,
    };
    const reason = ['用户投诉', '下错单'][variant] ?? '';
    switch (operation) {
      case 'create': {
        const [first] = create;
        return createServiceOrder(services, create[variant] ?? first ?? raise(), {
          notifyUrl: 'https://shop.example/wechat/notify',
        });
      }
      case 'cancel':
        return updateServiceOrder(services, CANCEL, { ...ids, reason });
      case 'complete':
        return updateServiceOrder(services, COMPLETE, {
          ...ids,
          ...lists([900, 800][variant] ?? 0),
        });
      case 'modify':
        return updateServiceOrder(services, MODIFY, {
          ...ids,
          ...lists([500, 300][variant] ?? 0),
          reason,
        });
      case 'collect':
        return updateServiceOrder(services, COLLECT, ids);
      case 'sync':
        return updateServiceOrder(services, SYNC, {
          ...ids,
          type: 'Order_Paid',
          detail: { paidTime },
        });
    }
  };
  return {
    outOrderNo,
    run,
    ledger: () => ledger,
    /** As the ledger has it; undefined without an order. */
    owner: async () => {
      const { db } = ledger.store;
      const rows = await db.selectFrom('orders').select('owner').execute();
      return rows.find(() => true)?.owner;
    },
    ownerOf: (caller: CallerName) => ledger.ownerOf(caller),
    /** What WeChat Pay has: the state, and the amount. */
    truth: async () => {
      const orders = await upstream.control('GET', 'service-orders');
      const list: readonly unknown[] = Array.isArray(orders) ? orders : [];
      const found = list.find((one) => at(one, 'out_order_no') === outOrderNo);
      return {
        state: String(at(found, 'state_description') ?? at(found, 'state') ?? 'NONE'),
        total: at(found, 'total_amount'),
      };
    },
    restart: async () => {
      await ledger.close();
      ledger = await openTestLedger({ url, inProcess: true });
    },
    close: () => ledger.close(),
  };
}

function raise(): never {
  throw new Error('there are two variants');
}

const DEFINITE = [
  // Too little time on a slow machine: nothing is sent.
  LedgerUnavailableError,
  OrderConflictError,
  OrderNotFoundError,
  OrderStateError,
  WechatRefusedError,
];
const KINDS = { collect: 'pay' } as const;
const kindOf = (operation: Call['operation']) =>
  operation === 'collect' ? KINDS.collect : operation;
type Setup = Awaited<ReturnType<typeof startSetup>>;

/** Whether the order shows what a call claims to have done. */
const SHOWN: Readonly<
  Record<Call['operation'], (after: Awaited<ReturnType<Setup['truth']>>, variant: 0 | 1) => boolean>
> = {
  create: ({ state }) => state !== 'NONE',
  cancel: ({ state }) => state === 'REVOKED',
  complete: ({ state }) => state === 'MCH_COMPLETE' || state === 'DONE' || state === 'REVOKED',
  modify: ({ total }, variant) => total === [500, 300][variant],
  collect: ({ state }) => state === 'MCH_COMPLETE' || state === 'DONE',
  sync: ({ state }) => state === 'DONE',
};

interface Known {
  readonly succeeded: Set<string>;
  /** Whose create made the order. */
  createdBy: CallerName | null;
}

async function check(call: Call, setup: Setup, known: Known, steps: string) {
  const { caller, operation, variant, fault } = call;
  const { succeeded } = known;
  await setup.ledger().idle();
  const [before, owner] = [await setup.truth(), await setup.owner()];
  const kind = kindOf(operation);
  const sentBefore = upstream.calls(kind).length;
  if (fault !== null) {
    await upstream.fault({ on: kind, times: null, ...fault });
  }
  const outcome = await setup.run(call).catch((error: unknown) => error);
  await upstream.control('DELETE', 'faults');
  const sent = upstream.calls(kind).length - sentBefore;
  const after = await setup.truth();
  if (before.state === 'NONE' && after.state !== 'NONE') {
    known.createdBy = caller;
  }
  if (caller !== 'shop') {
    const isOwn = known.createdBy === caller;
    const mayCancel = operation === 'cancel' && before.state === 'CREATED' && isOwn;
    const isAvailable = owner === undefined || owner === setup.ownerOf(caller);
    const mayCreate = operation === 'create' && isAvailable;
    expect(sent === 0 || mayCancel || mayCreate, `an end user's write was sent\n${steps}`).toBe(
      true,
    );
  }
  const key = `${caller} ${operation} ${variant}`;
  if (typeof outcome === 'object' && outcome !== null && 'replayed' in outcome) {
    expect(SHOWN[operation](after, variant), `a false success\n${steps}`).toBe(true);
    const isEach = operation === 'collect';
    if (succeeded.has(key) && fault === null) {
      expect(outcome.replayed, steps).toBe(!isEach);
    }
    succeeded.add(key);
    return;
  }
  const isKnown = [...DEFINITE, OutcomeUnknownError, WechatUnavailableError].some(
    (type) => outcome instanceof type,
  );
  expect(isKnown, `${String(outcome)}\n${steps}`).toBe(true);
  // What succeeded never fails, unless the order has gone on to contradict it.
  if (succeeded.has(key) && fault === null && SHOWN[operation](after, variant)) {
    const isCanceled =
      after.state === 'REVOKED' && operation !== 'cancel' && operation !== 'create';
    const isGone = operation === 'collect' || isCanceled;
    expect(isGone, `a repeat of a success failed\n${String(outcome)}\n${steps}`).toBe(true);
  }
  if (DEFINITE.some((type) => outcome instanceof type) && sent > 0) {
    expect(after, `a false refusal\n${steps}`).toEqual(before);
  }
}

test('a write to a service order is never a false success or a false refusal, in any history', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const setup = await startSetup();
      const known: Known = { succeeded: new Set(), createdBy: null };
      const log: string[] = [];
      try {
        for (const one of steps) {
          log.push(JSON.stringify(one));
          switch (one?.kind) {
            case 'confirm':
            case 'pay':
              await upstream
                .control('POST', `service-orders/${setup.outOrderNo}/${one.kind}`)
                .catch(() => {});
              break;
            case 'restart':
              await setup.restart();
              break;
            case 'call':
              await check(one, setup, known, log.join('\n'));
              break;
            default:
              break;
          }
        }
      } finally {
        await setup.close();
      }
    }),
    { numRuns: ALWAYS.length + RUNS, examples: ALWAYS.map((steps) => [steps]) },
  );
}, 120_000);
