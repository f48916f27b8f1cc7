import { getNamedType, isUnionType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/ledger/engine/engine.ts';
import { schema } from '../../../src/schema/index.ts';
import type { SendReport } from '../../../src/wechat/calls/run-attempts.ts';
import { OrderBusyError } from '../../../src/wechat/index.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import {
  lineOf,
  OPENID,
  PLACE,
  personal,
  type Seen,
  seenOf,
} from '../../fixtures/app/operation-lines.ts';
import {
  acceptedOrder,
  completeInput,
  create,
  finishedOrder,
  syncInput,
} from '../../fixtures/app/order-operations.ts';
import {
  acceptedServiceOrder,
  completedServiceOrder,
  createdServiceOrder,
  lowered,
  serviceOrderEnd,
  serviceOrderInput,
  serviceOrderSync,
  serviceOrderUser,
} from '../../fixtures/app/service-order-operations.ts';
import { createTestApp, stubWechat } from '../../fixtures/app/test-app.ts';
import { newOutOrderNo, PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';
import { shownOrder } from '../../fixtures/ledger/observations.ts';
import { notStarted } from '../failures.ts';

/** The ledger fails while this is so. */
let isFull = false;
const engine = (real: Engine): Engine => ({
  ...real,
  run: (name, ...rest) =>
    isFull && name === 'acquireIntent'
      ? Promise.reject(
          Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }),
        )
      : real.run(name, ...rest),
});
let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ engine, timeoutMs: 3_000 });
  fixture.log.log.level = 'debug';
});
afterAll(() => fixture.close());

type Make = (of: AppWithSandbox) => Promise<JsonObject>;

interface Write {
  /** The input of one that succeeds. */
  readonly make: Make;
  /** What makes it another one; by default another service. */
  readonly change?: JsonObject;
  /** The input of one that the state of its order does not allow. */
  readonly tooLate?: Make;
}

async function expired(): Promise<string> {
  const outOrderNo = newOutOrderNo();
  await create(fixture, { outOrderNo });
  await fixture.user('expire', outOrderNo);
  return outOrderNo;
}
const reasoned = (outOrderNo: string) => ({ outOrderNo, reason: PLACE });

/** By the name of the mutation. */
const WRITES: Readonly<Record<string, Write>> = {
  createPayAfterOrder: { make: async () => personal(newOutOrderNo()) },
  completePayAfterOrder: {
    make: async (of) => completeInput(await acceptedOrder(of)),
    // It begins with a query, which would fail for another service.
    change: { realServiceEndLocation: PLACE },
    tooLate: async () => completeInput(await expired()),
  },
  cancelPayAfterOrder: {
    make: async (of) => reasoned(await acceptedOrder(of)),
    tooLate: async () => reasoned(await expired()),
  },
  syncPayAfterOrder: {
    make: async (of) => syncInput(of, await finishedOrder(of)),
    tooLate: async (of) => syncInput(of, await expired()),
  },
  createServiceOrder: { make: async () => serviceOrderInput({ attach: PLACE }) },
  completeServiceOrder: {
    make: async (of) => serviceOrderEnd(await acceptedServiceOrder(of)),
    tooLate: async (of) => serviceOrderEnd(await createdServiceOrder(of)),
  },
  modifyServiceOrder: {
    make: async (of) => ({ ...lowered(await completedServiceOrder(of), 700), reason: PLACE }),
    tooLate: async (of) => lowered(await createdServiceOrder(of), 1),
  },
  cancelServiceOrder: {
    make: async (of) => reasoned(await acceptedServiceOrder(of)),
    tooLate: async (of) => {
      const outOrderNo = await completedServiceOrder(of);
      await serviceOrderUser(of, 'pay', outOrderNo);
      return reasoned(outOrderNo);
    },
  },
  collectServiceOrder: {
    make: async (of) => ({ outOrderNo: await completedServiceOrder(of) }),
    tooLate: async (of) => ({ outOrderNo: await createdServiceOrder(of) }),
  },
  syncServiceOrder: {
    make: async (of) => serviceOrderSync(of, await completedServiceOrder(of)),
    tooLate: async (of) => serviceOrderSync(of, await createdServiceOrder(of)),
  },
};

/** WeChat Pay while it collects the money of every order (单据正在扣款中). */
const BUSY = { status: 400, code: 'INVALID_REQUEST', requestId: '08F4-271316754' };
const refuse = (
  { outOrderNo }: { readonly outOrderNo: string },
  options?: { readonly onSent?: ((sent: SendReport) => void) | undefined },
) => {
  options?.onSent?.({ attempts: 1, reason: null, ...BUSY });
  return Promise.reject(new OrderBusyError(outOrderNo, BUSY));
};
const stub = stubWechat();
const debiting = <W extends { readonly send: unknown }>(write: W) => ({ ...write, send: refuse });
const { complete, modify, cancel, collect, sync } = stub.serviceOrders;
const DEBITING = stubWechat({
  // A complete begins with a query.
  queryPayAfterOrder: () =>
    Promise.resolve(shownOrder({ state: 'USER_ACCEPTED', finishTicket: 'ticket' })),
  completePayAfterOrder: refuse,
  cancelPayAfterOrder: refuse,
  syncPayAfterOrder: refuse,
  serviceOrders: {
    ...stub.serviceOrders,
    complete: debiting(complete),
    modify: debiting(modify),
    cancel: debiting(cancel),
    collect: debiting(collect),
    sync: debiting(sync),
  },
});

const typeOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const documentOf = (name: string) => `mutation ($input: ${typeOf(name)}Input!) {
  ${name}(input: $input) { __typename ... on UserError { code } } }`;

/** The members of the result of each mutation. */
const MUTATIONS = Object.values(schema.getMutationType()?.getFields() ?? {}).map(
  ({ name, type }) => {
    const result = getNamedType(type);
    return { name, members: isUnionType(result) ? result.getTypes().map(String) : [] };
  },
);

async function done(name: string, input: JsonObject): Promise<Seen> {
  fixture.log.clear();
  return await seenOf({ ...fixture.app, log: fixture.log }, documentOf(name), { input });
}

/** A write that meets this fault each time it is sent. */
async function faulty(name: string, input: JsonObject, fault: JsonObject): Promise<Seen> {
  const [operation = ''] = /^[a-z]+/.exec(name) ?? [];
  await fixture.injectUntilCleared({ on: operation.replace('collect', 'pay'), ...fault });
  const seen = await done(name, input);
  await fixture.clearFaults();
  return seen;
}

/** How a write ends in each member; the input is of one that would succeed. */
const ENDS: Readonly<
  Record<string, (name: string, write: Write) => Promise<readonly [JsonObject, Seen]>>
> = {
  InvalidInputError: async (name, { make }) => {
    const input = { ...(await make(fixture)), appid: PERSONAL.phone.repeat(4) };
    return [input, await done(name, input)];
  },
  OrderNotFoundError: async (name, { make }) => {
    const input = { ...(await make(fixture)), outOrderNo: newOutOrderNo() };
    return [input, await done(name, input)];
  },
  OrderStateError: async (name, { tooLate, make }) => {
    const input = await (tooLate ?? make)(fixture);
    return [input, await done(name, input)];
  },
  OrderConflictError: async (name, { make, change = { serviceId: '500002' } }) => {
    const input = await make(fixture);
    await faulty(name, input, { fault: 'reset-before' });
    return [input, await done(name, { ...input, ...change })];
  },
  // The sandbox has no debit of most of them.
  OrderBusyError: async (name) => {
    const input = await WRITES[name]?.make(fixture);
    const app = createTestApp({ wechat: DEBITING });
    return [input ?? {}, await seenOf(app, documentOf(name), { input: input ?? {} })];
  },
  WechatRefusedError: async (name, { make }) => {
    const input = await make(fixture);
    return [input, await faulty(name, input, { fault: 'status', status: 403, code: 'NO_AUTH' })];
  },
  WechatUnavailableError: async (name, { make }) => {
    const input = await make(fixture);
    return [input, await faulty(name, input, { fault: 'status', status: 429 })];
  },
  OutcomeUnknownError: async (name, { make }) => {
    const input = await make(fixture);
    return [input, await faulty(name, input, { fault: 'reset-before' })];
  },
  LedgerUnavailableError: async (name, { make }) => {
    const input = await make(fixture);
    isFull = true;
    const seen = await done(name, input);
    isFull = false;
    return [input, seen];
  },
  OrderNotStartedError: async () => {
    const input = { outOrderNo: newOutOrderNo() };
    fixture.log.clear();
    return [input, await notStarted(fixture, input.outOrderNo)];
  },
};

test('every mutation is walked, here or with the permissions', () => {
  const others = MUTATIONS.map(({ name }) => name).filter((name) => !(name in WRITES));
  expect(others).toEqual(['applyServicePermission', 'terminateServicePermission']);
  expect(MUTATIONS.every(({ members }) => members.length > 0)).toBe(true);
});

describe.each(MUTATIONS.filter(({ name }) => name in WRITES))(
  'the log of $name',
  ({ name, members }) => {
    test.each(members.filter((member) => member.endsWith('Error')))(
      'the log of a write that ends as %s is one line with its order number',
      async (member) => {
        const write = WRITES[name];
        const ended = write && (await ENDS[member]?.(name, write));
        if (ended === undefined) {
          throw new Error(`Nothing causes ${member} of ${name}.`);
        }
        const [{ outOrderNo }, seen] = ended;
        expect(at(seen.answer, 'data', name, '__typename') ?? at(seen.answer, '__typename')).toBe(
          member,
        );
        lineOf(seen, String(outOrderNo), codeOf(member));
      },
    );

    test('the log of a write that succeeds is one line at the level debug', async () => {
      const input = await WRITES[name]?.make(fixture);
      const { entries, text } = await done(name, input ?? {});
      expect(entries).toMatchObject([
        {
          level: 'debug',
          msg: 'write succeeded',
          operation: name,
          outOrderNo: input?.['outOrderNo'],
        },
      ]);
      expect(text).not.toMatch(new RegExp([...Object.values(PERSONAL), OPENID, PLACE].join('|')));
    });
  },
);

function codeOf(member: string): string {
  return member
    .replace(/Error$/, '')
    .replaceAll(/(?<=[a-z])[A-Z]/g, '_$&')
    .toUpperCase();
}
