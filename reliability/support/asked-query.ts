import { CALLER } from './caller.ts';

const GOOD = '"state":"';
/** The first number. */
const ASKED = 'ASKED';

/** The order numbers that callers query. */
export function askedOrders(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? ASKED : `${ASKED}${index}`));
}

/** Queries for these orders, as bytes that are built once. */
export function askedQueries(count: number): readonly Buffer[] {
  return askedOrders(count).map((number) => {
    const body = JSON.stringify({
      query: `query ($no: String!) { payAfterOrder(by: { outOrderNo: $no }) { outOrderNo state riskAmount } }`,
      variables: { no: number },
    });
    const headers = {
      host: '127.0.0.1',
      'content-type': 'application/json',
      'content-length': String(body.length),
      ...CALLER,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    return Buffer.from(`POST /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** Whether a response is as expected. */
export function isAnswered(answer: { readonly status: number; readonly bytes: Buffer }): boolean {
  return answer.status === 200 && answer.bytes.includes(GOOD);
}
