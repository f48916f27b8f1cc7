import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { atLeast, atMost, type Experiment } from '../experiment.ts';
import { greedyBodies } from '../support/documents.ts';
import { setUp } from '../support/setup.ts';
import type { WechatStub } from '../support/wechat-stub.ts';

const SIZES = { full: 10_000, quick: 100 } as const;
const SEED = 20_261_124;
const MOST_WRITES = 1;
const MOST_READS = 5;
const QUIET_MS = 5;

/**
 * Documents that try to cause much work with one request, one after the other; the calls to WeChat
 * Pay are counted.
 */
export const amplification: Experiment = {
  goal: 'G3',
  name: 'amplification',
  minutes: 3,
  run: async (scale, environment) => {
    const numRuns = SIZES[scale];
    await using setup = await setUp(environment, { connections: 1 });
    const { stub, poster } = setup;
    let [writes, reads, calls] = [0, 0, 0];
    for (const body of fc.sample(greedyBodies, { numRuns, seed: SEED })) {
      const before = { writes: stub.writes(), reads: stub.reads() };
      await poster.send(body);
      await quiet(stub);
      writes = Math.max(writes, stub.writes() - before.writes);
      reads = Math.max(reads, stub.reads() - before.reads);
      calls += stub.writes() - before.writes + stub.reads() - before.reads;
    }
    const size = `${numRuns} documents, seed ${SEED}, ${calls} calls at WeChat Pay`;
    return [
      atMost('writes at WeChat Pay by one request, most', size, writes, MOST_WRITES),
      atMost('reads at WeChat Pay by one request, most', size, reads, MOST_READS),
      atLeast('calls in total, to show that the experiment works', size, calls, numRuns / 50),
    ];
  },
};

/** A response with an error does not wait for the other reads: they count for this request too. */
async function quiet({ reads, writes }: WechatStub): Promise<void> {
  for (let before = -1; before !== reads() + writes(); ) {
    before = reads() + writes();
    await sleep(QUIET_MS);
  }
}
