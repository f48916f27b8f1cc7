import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createOverloadResponse } from '../../../src/http/overloaded.ts';
import { RESPONSE_HEADERS } from '../../../src/http/response-headers.ts';
import { createHttpServer, listen as listenOn } from '../../../src/http/server.ts';
import { createAdmission } from '../../../src/plugins/admission/admission-queue.ts';
import { caller } from '../../fixtures/app/callers.ts';
import { createTestApp, graphqlRequest, stubWechat } from '../../fixtures/app/test-app.ts';
import { payAfterOrder } from '../../fixtures/graphql/pay-after-order.ts';
import { listen } from '../../fixtures/http/listen.ts';

/** Of one order each: those who ask for the same one share a call. */
const queryOf = (order: number) => `{ payAfterOrder(by: { outOrderNo: "T${order}" }) { state } }`;

/** An application with a WeChat Pay that responds on demand. */
function waiting(maxInFlight: number) {
  const answers: (() => void)[] = [];
  let orders = 0;
  const app = createTestApp({
    maxInFlight,
    wechat: stubWechat({
      queryPayAfterOrder: () =>
        new Promise((resolve) => {
          answers.push(() => resolve(payAfterOrder()));
        }),
    }),
  });
  const ask = async (query = queryOf(++orders)) => {
    const since = performance.now();
    const response = await app.fetch(graphqlRequest({ query }));
    const answer: unknown = await response.json();
    const { status, headers } = response;
    return { status, headers, answer, ms: performance.now() - since };
  };
  return {
    app,
    ask,
    begun: (count: number) => expect.poll(() => answers.length).toBe(count),
    answer: () => {
      for (const go of answers.splice(0)) {
        go();
      }
    },
  };
}

describe('where as many operations are under way as may be', () => {
  test('beyond the limit of concurrent operations some are queued, and the rest are rejected immediately', async () => {
    const { ask, answer, begun } = waiting(2);
    const underWay = [ask(), ask()];
    await begun(2);
    const late = [ask(), ask()];
    await sleep(0);
    const done: string[] = [];
    void Promise.race(late).then(() => done.push('one that was queued'));
    const refused = await ask();
    expect(done).toEqual([]);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(refused.answer).toEqual({
      errors: [
        {
          message: expect.stringContaining('not executed'),
          extensions: { code: 'OVERLOADED', retryAfterSeconds: 1 },
        },
      ],
    });
    for (const { status, ms } of await Promise.all(late)) {
      expect(status).toBe(503);
      expect(ms).toBeGreaterThan(90);
      expect(ms).toBeLessThan(1_000);
    }
    answer();
    expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('an operation that is rejected over HTTP gets the same response by a shorter path', async () => {
    const { app, ask } = waiting(1);
    const port = await listen(app);
    app.admission.begin();
    const full = () => Promise.all([app.admission.turn(), sleep(1)]);
    const [refused] = await Promise.all([ask(), full()]);
    const headers = { 'x-request-id': 'R-1' };
    const call = () => fetch(`${port.url}/graphql`, { method: 'POST', headers, body: '{}' });
    const [response] = await Promise.all([call(), full()]);
    expect([refused.status, response.status]).toEqual([503, 503]);
    for (const name of ['content-type', 'retry-after', ...Object.keys(RESPONSE_HEADERS)]) {
      expect(response.headers.get(name)).toBe(refused.headers.get(name));
    }
    expect(response.headers.get('x-request-id')).toBe('R-1');
    expect(await response.json()).toEqual(refused.answer);
    await port.close();
  });

  test.each(['before anything else', 'after other checks'])(
    'operations that are rejected on one connection, %s, are answered in order, and it stays open for the next',
    async (when) => {
      const { app } = waiting(1);
      const turnAway = when === 'before anything else' ? app.turnAway : undefined;
      const server = createHttpServer(app.requestListener, { idleMs: 7_000 }, turnAway);
      const { hostname, port } = new URL(await listenOn(server, { host: '127.0.0.1', port: 0 }));
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      const call = (id: string, more = '') =>
        `POST /graphql HTTP/1.1\r\nhost: a\r\nx-request-id: ${id}\r\ncontent-type: application/json\r\n${more}content-length: 2\r\n\r\n{}`;
      app.admission.begin();
      const late = app.admission.turn();
      socket.write(`${call('R-1')}${call('R-2').slice(0, -1)}`);
      await expect.poll(() => text).toContain('R-2');
      socket.write(`}${call('R-3')}`);
      await expect.poll(() => text).toContain('R-3');
      app.admission.end();
      expect(await late).toBe(true);
      socket.write(call('R-4'));
      await expect.poll(() => text).toContain('R-4');
      app.admission.begin();
      const full = app.admission.turn();
      socket.write(call('R-5', 'connection: close\r\n'));
      await once(socket, 'close');
      const heads = text.match(/HTTP\/1\.1 \d+|^x-request-id: .*$|^connection: .*$/gim);
      const refused = (id: string, connection: string) => [
        'HTTP/1.1 503',
        `connection: ${connection}`,
        `x-request-id: ${id}`,
      ];
      expect(heads?.map((line) => line.replace(/^connection/i, 'connection'))).toEqual([
        ...refused('R-1', 'keep-alive'),
        ...refused('R-2', 'keep-alive'),
        ...refused('R-3', 'keep-alive'),
        'HTTP/1.1 400',
        ...['x-request-id: R-4', 'connection: keep-alive'],
        'HTTP/1.1 503',
        ...['x-request-id: R-5', 'connection: close'],
      ]);
      expect(await full).toBe(false);
      server.close();
    },
  );

  test('an operation that is rejected reaches no other code, and its body is dropped in whatever pieces it comes', async () => {
    const send = createOverloadResponse({});
    const heard: string[] = [];
    const server = createHttpServer(
      ({ url = '' }, response) => {
        heard.push(url);
        response.end();
      },
      {},
      ({ url }, response) => {
        const isTurnedAway = url === '/graphql';
        if (isTurnedAway) {
          send(response, 'R-1');
        }
        return isTurnedAway;
      },
    );
    const { hostname, port } = new URL(await listenOn(server, { host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const post = 'POST /graphql HTTP/1.1\r\nhost: a\r\n';
    socket.write(`${post}transfer-encoding: chunked\r\n\r\n5\r\nPOST `);
    await expect.poll(() => text).toContain('OVERLOADED');
    socket.write('\r\n9\r\nGET / HTT\r\n0\r\n\r\n');
    socket.write(`${post}content-length: 9\r\n\r\nGET / `);
    socket.write('HTTGET /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await once(socket, 'close');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 503', 'HTTP/1.1 200']);
    expect(heard).toEqual(['/next']);
    server.close();
  });

  test('a queued operation starts as soon as another one is finished', async () => {
    const { ask, answer, begun } = waiting(1);
    const first = ask();
    await begun(1);
    const second = ask();
    await sleep(10);
    answer();
    expect((await first).status).toBe(200);
    await begun(1);
    answer();
    expect((await second).status).toBe(200);
  });

  test('health checks and notifications are not queued', async () => {
    const { app, ask, answer, begun } = waiting(1);
    const first = ask();
    await begun(1);
    const health = await app.fetch(new Request('http://app/health'));
    expect(health.status).toBe(200);
    const notification = new Request('http://app/wechat/notify', { method: 'POST', body: '{}' });
    expect(await (await app.fetch(notification)).json()).toEqual({
      code: 'FAIL',
      message: 'retry',
    });
    answer();
    await first;
  });

  test('an operation that fails or is refused releases its slot', async () => {
    const { ask } = waiting(1);
    for (let index = 0; index < 3; index += 1) {
      expect((await ask('{ orderRecords(first: -1) { edges { cursor } } }')).status).toBe(200);
      await ask('{ nothing }');
      expect((await ask('{ __typename }')).status).toBe(200);
    }
  });
});

test('open subscriptions occupy no slot', async () => {
  const { app, ask } = waiting(1);
  const query = 'subscription { orderEvents { id } }';
  const streams = [];
  for (let index = 0; index < 3; index += 1) {
    const response = await app.fetch(graphqlRequest({ query }, { accept: 'text/event-stream' }));
    expect(response.status).toBe(200);
    const reader = response.body?.getReader();
    await reader?.read();
    streams.push(reader);
  }
  expect((await ask('{ __typename }')).status).toBe(200);
  await Promise.all(streams.map((reader) => reader?.cancel()));
});

test('operations of a burst start a few at a time, and the wait of each is reported', async () => {
  const waits: number[] = [];
  const { turn } = createAdmission({ most: 10, perTurn: 2, onTurn: (s) => waits.push(s) });
  let turns = 0;
  const count = () => {
    turns += 1;
    if (waits.length < 6) {
      setImmediate(count);
    }
  };
  setImmediate(count);
  const came = await Promise.all(Array.from({ length: 6 }, () => turn()));
  expect(came).toEqual(Array.from({ length: 6 }, () => true));
  expect(turns).toBeGreaterThanOrEqual(2);
  expect(waits).toHaveLength(6);
});

/** The event loop is busy with something else. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {}
}

test('an operation is rejected if others have waited for a slot for too long', async () => {
  const { turn, begin, end } = createAdmission({ most: 1, waitMs: 20 });
  begin();
  const first = turn();
  block(30);
  expect(await turn()).toBe(false);
  end();
  expect(await first).toBe(true);
  expect(await turn()).toBe(true);
});

test('a caller that was rejected is no longer once an operation has ended', () => {
  const { turn, isFull, begin, end } = createAdmission({ most: 10, perTurn: 1, limit: () => 10 });
  for (let index = 0; index < 10; index += 1) {
    begin();
  }
  void turn();
  expect([isFull(), isFull()]).toEqual([true, true]);
  end();
  expect(isFull()).toBe(false);
});

test('a caller that was rejected is no longer once those ahead of it wait for a slot of their own caller', async () => {
  const [busy, other] = [
    caller(['orders:any'], { id: 'busy' }),
    caller(['orders:any'], { id: 'other' }),
  ];
  const { turn, isFull, begin, end } = createAdmission({ most: 32, waitMs: 20, limit: () => 32 });
  for (let index = 0; index < 28; index += 1) {
    begin(busy);
  }
  const queued = Array.from({ length: 8 }, () => turn(busy));
  block(30);
  expect(await turn(other)).toBe(true);
  end(busy);
  expect(isFull(other)).toBe(true);
  begin(busy);
  expect(isFull(other)).toBe(false);
  await Promise.all(queued);
});

test('an operation whose turn has come may exceed the limit, up to a maximum', () => {
  const { begin, end } = createAdmission({ most: 8 });
  expect(Array.from({ length: 10 }, () => begin())).toEqual([...Array(9).fill(true), false]);
  end();
  expect(begin()).toBe(true);
});

test('if no slot is free, no more operations wait than slots were released recently', async () => {
  const { turn, begin, end } = createAdmission({ most: 20, waitMs: 50, perTurn: 1 });
  for (let index = 0; index < 20; index += 1) {
    begin();
  }
  const goOn = setInterval(() => {
    for (let index = 0; index < 3; index += 1) {
      end();
      begin();
    }
  }, 25);
  await sleep(200);
  const startMs = performance.now();
  const waits = Array.from({ length: 20 }, async () => {
    const comes = await turn();
    return { comes, ms: performance.now() - startMs };
  });
  const refusedAtOnce = (await Promise.all(waits)).filter(({ comes, ms }) => !comes && ms < 20);
  clearInterval(goOn);
  expect(refusedAtOnce.length).toBeGreaterThanOrEqual(10);
  expect(refusedAtOnce.length).toBeLessThan(20);
});

test('while slots are free no operation is rejected, however slow the machine is', async () => {
  const { turn } = createAdmission({ most: 10, waitMs: 20 });
  const first = turn();
  block(30);
  expect(await turn()).toBe(true);
  expect(await first).toBe(true);
});

test('while slots are free an operation is rejected too, if more wait than begin in time', async () => {
  const { turn, isFull } = createAdmission({ most: 100, waitMs: 100, perTurn: 2 });
  const burst = Array.from({ length: 40 }, () => turn());
  block(110);
  expect(isFull(), 'a burst in one turn of the event loop').toBe(false);
  await nextTurn();
  block(110);
  await nextTurn();
  expect(await turn()).toBe(false);
  expect(await Promise.all(burst)).toEqual(burst.map(() => true));
  expect(await turn()).toBe(true);
});

test('while slots are free a few that wait because the event loop has stopped are not too many', async () => {
  const { turn } = createAdmission({ most: 256, waitMs: 100, perTurn: 8 });
  const few = Array.from({ length: 32 }, () => turn());
  block(110);
  expect(await Promise.all([...few, turn()])).not.toContain(false);
});
