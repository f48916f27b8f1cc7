import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/index.ts';
import { openDesk, startUpstream, type TestDesk, type Upstream } from './desk.ts';

/** One upstream for the tests of a file, and for each of them a ledger and no faults. */
export function useDesk(options?: SandboxOptions): {
  readonly upstream: () => Upstream;
  readonly desk: () => TestDesk;
} {
  let upstream: Upstream | undefined;
  let desk: TestDesk | undefined;
  beforeAll(async () => {
    upstream = await startUpstream(options);
  });
  beforeEach(async () => {
    desk = upstream && (await openDesk(upstream));
  });
  afterEach(async () => {
    await upstream?.control('DELETE', 'faults');
    await desk?.ledger.close();
  });
  afterAll(() => upstream?.close());
  return { upstream: () => there(upstream), desk: () => there(desk) };
}

function there<T>(thing: T | undefined): T {
  if (thing === undefined) {
    throw new Error('It is there only while tests run.');
  }
  return thing;
}
