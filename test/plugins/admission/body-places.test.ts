import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createHttpServer, listen } from '../../../src/http/server.ts';
import { MAX_BODIES } from '../../../src/plugins/admission/use-rate-limit.ts';
import { as, caller, knowing, shopper } from '../../fixtures/app/callers.ts';
import { createTestApp } from '../../fixtures/app/test-app.ts';

const BODY = JSON.stringify({ query: '{ __typename }' });
const OF_ONE_SHOPPER = MAX_BODIES / 8;

test('bodies that a shopper does not finish take an eighth of the places; others are served, and the places come back', async () => {
  const app = createTestApp({
    maxInFlight: 4_096,
    authenticator: knowing({
      flood: shopper('flood', { id: 'flood' }),
      shop: caller(['orders:read', 'orders:any'], { id: 'shop' }),
    }),
  });
  const server = createHttpServer(app.requestListener);
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  const send = async (word: string, body: string) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: ${as(word).authorization}\r\n`;
    socket.write(`${head}content-length: ${BODY.length}\r\n\r\n`);
    // In a piece of its own, so that it has not arrived with the headers.
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(body);
    return socket;
  };
  const answer = async (word: string, body = BODY) => {
    const socket = await send(word, body);
    const [text]: unknown[] = await once(socket, 'data');
    socket.destroy();
    return String(text);
  };
  const slow = await Promise.all(
    Array.from({ length: OF_ONE_SHOPPER }, () => send('flood', BODY.slice(0, -1))),
  );
  // Its turn comes after theirs.
  expect(await answer('shop')).toContain('Query');
  expect(await answer('flood', BODY.slice(0, -1))).toContain('OVERLOADED');
  slow[0]?.write('}');
  const [finished]: unknown[] = await once(slow[0] ?? server, 'data');
  expect(String(finished)).toContain('Query');
  for (const socket of slow) {
    socket.destroy();
  }
  await expect.poll(() => answer('flood')).toContain('Query');
  server.closeAllConnections();
  server.close();
});
