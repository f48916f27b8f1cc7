import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { startServer, statusOf } from '../../fixtures/process/server-process.ts';
import { startTestSandbox } from '../../fixtures/sandbox/test-sandbox.ts';

describe.concurrent('a server that is asked to stop', { timeout: 60_000 }, () => {
  test('at shutdown the server finishes requests in flight and accepts no new ones', async ({
    expect,
  }) => {
    const server = await startServer();
    const input = orderInput();
    const { created } = await server.createUnderWay(input, 1_500);
    server.kill('SIGTERM');
    await expect.poll(() => statusOf(`${server.url}/ready`)).not.toBe(200);
    const later = () => server.run('{ __typename }').catch(() => 'not even connected');
    await expect
      .poll(later)
      .toSatisfy((answer) => answer === '' || answer === 'not even connected');
    server.kill('SIGTERM');

    expect(await created).toMatchObject({
      __typename: 'CreatePayAfterOrderPayload',
      outOrderNo: input['outOrderNo'],
      package: expect.any(String),
    });
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.lines().at(-1)).toMatchObject({ msg: 'stopped' });
  });

  test('at shutdown /ready reports it while calls are still accepted', async ({ expect }) => {
    const server = await startServer(undefined, { STOP_GRACE_MS: '1000' });
    server.kill('SIGTERM');
    await expect.poll(() => statusOf(`${server.url}/ready`)).toBe(503);
    const answer = await server.run('{ __typename }');
    expect(answer).toEqual({ data: { __typename: 'Query' } });
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('at shutdown the server answers 503 on open connections', async ({ expect }) => {
    const server = await startServer();
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += String(chunk);
    });
    socket.on('error', () => {});
    socket.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\n');
    const { created } = await server.createUnderWay(orderInput(), 2_500);
    server.kill('SIGTERM');
    await expect.poll(() => statusOf(`${server.url}/ready`)).toBe(0);
    socket.write('content-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
    await expect.poll(() => answer, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer.toLowerCase()).toContain('retry-after: 1');
    await created;
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('at shutdown the server exits within 10 s, even if something hangs or the signal is repeated', async ({
    expect,
  }) => {
    const sandbox = await startTestSandbox();
    const server = await startServer(sandbox, { WECHAT_TIMEOUT_MS: '60000' });
    const { created } = await server.createUnderWay(orderInput(), 60_000);
    const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
    silent.on('error', () => {});
    silent.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\n');
    const stopMs = performance.now();
    server.kill('SIGTERM');
    await sleep(500);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    // Its upstream hangs for 60 s.
    expect(performance.now() - stopMs).toBeLessThan(20_000);
    expect(await created).toBe('cut');
    await sandbox.close();
  });
});
