import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { orderInput } from '../../fixtures/graphql/inputs.ts';
import { startServer } from '../../fixtures/process/server-process.ts';

const ENDS_THREAD = fileURLToPath(
  new URL('../../fixtures/process/ends-thread-on-signal.ts', import.meta.url),
);
const FAULTS = fileURLToPath(new URL('../../fixtures/process/fails-on-signal.ts', import.meta.url));

describe.concurrent('an uncaught error', () => {
  test.for([
    ['an exception', 'SIGUSR2', 'nobody catches this'],
    ['a rejection', 'SIGALRM', 'nobody handles this'],
  ] as const)(
    '%s is logged, requests in flight finish, and the process ends',
    async ([, signal, message], { expect }) => {
      const server = await startServer(undefined, {}, ['--import', FAULTS]);
      const input = orderInput();
      const { created } = await server.createUnderWay(input, 1_000);
      server.kill(signal);
      expect(await created).toMatchObject({
        __typename: 'CreatePayAfterOrderPayload',
        outOrderNo: input['outOrderNo'],
      });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.lines()).toContainEqual(
        expect.objectContaining({ level: 'error', err: expect.objectContaining({ message }) }),
      );
      expect(server.lines().at(-1)).toMatchObject({ msg: 'stopped' });
      expect(server.stderr()).toBe('');
    },
  );
});

test('a ledger thread that ends by itself ends the process in order, with exit code 1', async ({
  expect,
}) => {
  const directory = await mkdtemp(join(tmpdir(), 'payafter-thread-'));
  const database = { DATABASE_URL: `sqlite:${join(directory, 'ledger.db')}` };
  const server = await startServer(undefined, database, ['--import', ENDS_THREAD]);
  server.kill('SIGUSR2');
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.lines()).toContainEqual(
    expect.objectContaining({
      level: 'error',
      err: expect.objectContaining({ message: 'The ledger thread crashed.' }),
    }),
  );
  expect(server.lines().at(-1)).toMatchObject({ msg: 'stopped' });
  expect(server.stderr()).toBe('');
  await rm(directory, { recursive: true });
});
