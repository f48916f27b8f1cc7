import { afterEach, expect, test } from 'vitest';
import type { AppParts } from '../../../src/app.ts';
import { createRateLimit } from '../../../src/auth/rate-limit.ts';
import { createAppWithClient } from '../../fixtures/app/app-with-client.ts';
import { serve } from '../../fixtures/http/port.ts';
import { openSocket } from '../../fixtures/http/websocket.ts';
import { at } from '../../fixtures/json.ts';
import { notificationOptions } from '../../fixtures/wechat/sdk-notification.ts';

const ONE = { perSecond: 1, burst: 1 };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) {
    await close();
  }
});

async function open(resources: Partial<AppParts> = {}) {
  const clientFixture = await createAppWithClient({ wechat: notificationOptions(), resources });
  const port = await serve(clientFixture);
  closing.push(port.stop, clientFixture.close);
  const socket = await openSocket(port.webSocketUrl);
  let id = 0;
  return async (query: string) => {
    id += 1;
    socket.subscribe(String(id), {}, query);
    const answer = at(await socket.next(), 'payload');
    if (!Array.isArray(answer)) {
      await socket.next();
    }
    return answer;
  };
}

const codeOf = (answer: unknown) =>
  at(answer, 0, 'extensions', 'code') ?? at(answer, 'errors', 0, 'extensions', 'code');

test('over WebSocket documents have the same limits as over HTTP', async () => {
  const ask = await open();
  const fields = Array.from({ length: 6 }, (_, index) => `a${index}: __typename`).join(' ');
  const refused = await ask(`{ ${fields} }`);
  expect(codeOf(refused)).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(at(refused, 0, 'message')).toContain('at most 5 root fields in a query');
  expect(codeOf(await ask(`{ ${'a '.repeat(2_000)} }`))).toBe('GRAPHQL_PARSE_FAILED');
});

test('operations over WebSocket count against the rate limit of their caller', async () => {
  const ask = await open({ rateLimit: createRateLimit(ONE, ONE) });
  expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  const refused = await ask('{ __typename }');
  expect(codeOf(refused)).toBe('RATE_LIMITED');
  expect(at(refused, 0, 'extensions')).toEqual({
    code: 'RATE_LIMITED',
    retryAfterSeconds: 1,
  });
});

test('operations over WebSocket count against the limit of concurrent operations', async () => {
  const ask = await open({ maxInFlight: 0 });
  expect(codeOf(await ask('{ __typename }'))).toBe('OVERLOADED');
});
