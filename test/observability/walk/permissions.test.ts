import { getNamedType, isUnionType } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../../src/schema/index.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { OPENID, PLACE } from '../../fixtures/app/operation-lines.ts';
import { newOutOrderNo, PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { at, type JsonObject } from '../../fixtures/json.ts';
import { aServiceOrder } from '../../fixtures/wechat/service-orders.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

const documentOf = (name: string) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${type}Input!) {
    ${name}(input: $input) { __typename ... on UserError { code } } }`;
};
const membersOf = (name: string): readonly string[] => {
  const field = schema.getMutationType()?.getFields()[name];
  const result = field && getNamedType(field.type);
  const types = isUnionType(result) ? result.getTypes() : [];
  return types.map(String).filter((member) => member.endsWith('Error'));
};

const apply = 'applyServicePermission';
const terminate = 'terminateServicePermission';
const input = (name: string): JsonObject =>
  name === apply
    ? { authorizationCode: newOutOrderNo() }
    : { by: { openid: OPENID }, reason: PLACE };
const faulty = async (name: string, fault: JsonObject) => {
  await fixture.injectUntilCleared({ on: 'permission', ...fault });
  return await fixture.run(documentOf(name), { input: input(name) });
};

/** How the write of a permission ends in each member. */
const ENDS: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  InvalidInputError: (name) =>
    fixture.run(documentOf(name), { input: { ...input(name), appid: PERSONAL.phone.repeat(4) } }),
  WechatRefusedError: (name) => faulty(name, { fault: 'status', status: 403, code: 'NO_AUTH' }),
  WechatUnavailableError: (name) => faulty(name, { fault: 'status', status: 429 }),
  PermissionOutcomeUnknownError: (name) => faulty(name, { fault: 'reset-after' }),
  PermissionInUseError: async (name) => {
    const authorizationCode = newOutOrderNo();
    await fixture.run(documentOf(apply), { input: { authorizationCode } });
    await fixture.control('POST', `permissions/${authorizationCode}/grant`, { openid: OPENID });
    const order = { outOrderNo: newOutOrderNo(), needUserConfirm: false, openid: OPENID };
    await fixture.wechat.serviceOrders.create.send(aServiceOrder(order));
    return await fixture.run(documentOf(name), { input: input(name) });
  },
};

describe.each([apply, terminate])('the log of %s', (name) => {
  test.each(membersOf(name))(
    'the log of a write of a permission that ends as %s is one line without its user',
    async (member) => {
      const answer = await ENDS[member]?.(name);
      expect(at(answer, 'data', name, '__typename')).toBe(member);
      const lines = fixture.log.entries().filter((line) => at(line, 'operation') === name);
      expect(lines).toMatchObject([
        {
          msg: expect.stringMatching(/^(operation (failed|rejected)|request rejected)$/),
          outcome: at(answer, 'data', name, 'code'),
          ms: expect.any(Number),
          caller: expect.any(String),
        },
      ]);
      for (const value of [...Object.values(PERSONAL), OPENID, PLACE]) {
        expect(fixture.log.text()).not.toContain(value);
      }
    },
  );
});
