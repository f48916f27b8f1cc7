import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { createMerchant } from '../../fixtures/sandbox/merchant.ts';

const main = fileURLToPath(new URL('../../../src/cli/sandbox.ts', import.meta.url));
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const run = (port: string) =>
  spawn(process.execPath, [main], { env: { ...process.env, SANDBOX_PORT: port } });

test('a port in use is refused with what to do about it', async () => {
  const { port } = new URL(sandbox.url);
  await expect(startSandbox({ port: Number(port) })).rejects.toThrow(
    `The sandbox cannot listen on 127.0.0.1:${port}: the port is in use. Set SANDBOX_PORT`,
  );
});

test('closing the sandbox ends pending requests and releases the port', async () => {
  const own = await startSandbox();
  const merchant = createMerchant(own.credentials);
  await merchant.control('POST', '/sandbox/faults', { on: 'any', fault: 'latency', ms: 60_000 });
  const waiting = expect(merchant.create()).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await own.close();
  await waiting;
  const again = await startSandbox({ port: Number(new URL(own.url).port) });
  await again.close();
});

test('the sandbox signs with the injected clock', async () => {
  const own = await startSandbox({ now: () => 1_700_000_000_000 });
  const reply = await createMerchant(own.credentials).create({}, { timestamp: 1_700_000_000 });
  await own.close();
  expect(reply.headers.get('wechatpay-timestamp')).toBe('1700000000');
});

describe('npm run sandbox', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'npm run sandbox prints its address and ends on %s',
    async (signal) => {
      const child = run('0');
      const [output] = await once(child.stdout, 'data');
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(String(output))?.[0] ?? '';
      expect(String(output)).toContain(`curl ${url}/sandbox/credentials`);
      expect((await fetch(`${url}/sandbox/credentials`)).status).toBe(200);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  test.each([
    ['99999', 'SANDBOX_PORT must be a port number'],
    ['used', 'SANDBOX_PORT must be a port number'],
  ])('npm run sandbox says what is wrong with SANDBOX_PORT=%s', async (port, message) => {
    const child = run(port);
    const [output] = await once(child.stderr, 'data');
    expect(String(output)).toContain(message);
    expect(await once(child, 'exit')).toEqual([1, null]);
  });
});
