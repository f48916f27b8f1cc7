import { expect } from 'vitest';
import { malformation, textOf } from './answer-checks.ts';
import { graphqlRequest, makeApp, stubWechat } from './app.ts';
import { CREATE, QUERY } from './documents.ts';
import { orderInput } from './inputs.ts';
import { at } from './json.ts';

export const SECRET = 'Zhang San 13800138000';
/** The same without what ends a name, so that it can stand where names do. */
export const NAME = 'ZhangSan13800138000';
export const NUMBER = '13800138000';

/** Sends a body and gives the answer, once nothing of the secrets is in it or in the log. */
export async function answerTo(body: unknown): Promise<unknown> {
  const app = makeApp({ wechat: stubWechat({ queryPayAfterOrder: () => Promise.resolve(null) }) });
  const response = await app.fetch(graphqlRequest(body));
  const all = `${await textOf(response)}\n${app.log.text()}`;
  for (const secret of [SECRET, NAME, NUMBER, 'Zhang', 'ZmFrZQ']) {
    expect(all).not.toContain(secret);
  }
  expect(await malformation(response)).toEqual([]);
  return await response.json();
}

export const code = (answer: unknown) => at(answer, 'errors', 0, 'extensions', 'code');
export const input = (changes: object) => ({
  query: CREATE,
  variables: { input: orderInput({ ...changes }) },
});
export const by = (key: unknown) => ({ query: QUERY, variables: { by: key } });
export const complete = (changes: object) => ({
  query:
    'mutation ($input: CompletePayAfterOrderInput!) { completePayAfterOrder(input: $input) { __typename } }',
  variables: { input: { outOrderNo: '1', finishType: 'FINISHED', totalAmount: 1, ...changes } },
});
export const events = (after: string) => ({
  query: 'subscription ($after: ID) { payAfterOrderEvents(after: $after) { id } }',
  variables: { after },
});
export const records = (variables: object) => ({
  query: `query ($filter: PayAfterOrderFilter, $first: Int, $after: String) {
    payAfterOrders(filter: $filter, first: $first, after: $after) { pageInfo { hasNextPage } }
  }`,
  variables,
});
export const userState = (literal: string) => `{ userServiceState(openid: ${literal}) { appid } }`;
