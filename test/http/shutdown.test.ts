import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { closeInOrder, followConnections, watchHangups } from '../../src/http/shutdown.ts';

/** Steps that note when they begin and end. */
function recorder() {
  const events: string[] = [];
  const step = (name: string, ms = 0, failure?: Error) => ({
    name,
    close: async () => {
      events.push(`${name} begins`);
      await sleep(ms);
      events.push(`${name} ends`);
      if (failure) {
        throw failure;
      }
    },
  });
  return { events, step };
}

describe('SIGHUP', () => {
  test('a SIGHUP during the start does not end the process, and reloads once the server runs', () => {
    const before = process.listeners('SIGHUP');
    const { onHangup } = watchHangups();
    // Other libraries in this process end it with this signal.
    const [hangUp = () => {}] = process.listeners('SIGHUP').filter((one) => !before.includes(one));
    hangUp('SIGHUP');
    hangUp('SIGHUP');
    let reloads = 0;
    onHangup(() => {
      reloads += 1;
    });
    expect(reloads).toBe(1);
    hangUp('SIGHUP');
    expect(reloads).toBe(2);
  });
});

describe('closing', () => {
  test('resources are closed one after the other', async () => {
    const { events, step } = recorder();
    expect(await closeInOrder([step('http', 20), step('app')], 1_000)).toEqual([]);
    expect(events).toEqual(['http begins', 'http ends', 'app begins', 'app ends']);
  });

  test('closing continues after a step that fails, and reports it', async () => {
    const { events, step } = recorder();
    const failure = new Error('busy');
    const thrown = {
      name: 'wechat',
      close: () => {
        throw failure;
      },
    };
    const problems = await closeInOrder([step('http', 0, failure), thrown, step('app')], 1_000);
    expect(problems).toEqual([
      { name: 'http', problem: failure },
      { name: 'wechat', problem: failure },
    ]);
    expect(events.at(-1)).toBe('app ends');
  });

  test('closing skips a step that takes too long, and starts the others', async () => {
    const { events, step } = recorder();
    const startMs = performance.now();
    const problems = await closeInOrder([step('http', 10_000), step('app')], 50);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(problems[0]).toEqual({ name: 'http', problem: 'time is up' });
    expect(events).toContain('app begins');
  });

  test('closing does not wait longer than its steps take', async () => {
    const startMs = performance.now();
    await closeInOrder([recorder().step('http')], 60_000);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

describe('draining', () => {
  async function listening(answerMs: number) {
    const server = createServer((_, response) => {
      setTimeout(() => response.end('whole'), answerMs);
    });
    const connections = followConnections(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    return { ...connections, port, asked: once(server, 'request') };
  }

  test('draining immediately closes a connection that never sent a request', async () => {
    const { drain, port } = await listening(0);
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    await sleep(50);
    const startMs = performance.now();
    await drain(5_000);
    expect(performance.now() - startMs).toBeLessThan(4_000);
    silent.destroy();
  });

  test('draining lets a request in flight receive its whole response', async () => {
    const { drain, port, asked } = await listening(300);
    const answer = fetch(`http://127.0.0.1:${port}/`);
    await asked;
    const [response] = await Promise.all([answer, drain(5_000)]);
    expect(await response.text()).toBe('whole');
  });

  test('draining closes connections that take longer than the maximum', async () => {
    const { drain, port, asked } = await listening(60_000);
    const answer = fetch(`http://127.0.0.1:${port}/`).then(
      () => 'answered',
      () => 'cut',
    );
    await asked;
    await drain(200);
    expect(await answer).toBe('cut');
  });
});
