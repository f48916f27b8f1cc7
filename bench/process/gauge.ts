import { writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerParent, textAt } from './answer.ts';

/**
 * Imported into every server that is measured, ours and the peers alike: reports to the parent how late
 * its event loop was, and takes a CPU profile on request. Costs one timer a millisecond.
 */
const RESOLUTION_MS = 1;
const SAMPLE_US = 400;
const MS_IN_NS = 1e6;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let session: Session | undefined;

answerParent({
  reset: () => delay.reset(),
  // The histogram holds the time between two turns of the timer; what is above its own is delay.
  delay: () => ({
    p50: delay.percentile(50) / MS_IN_NS - RESOLUTION_MS,
    p99: delay.percentile(99) / MS_IN_NS - RESOLUTION_MS,
    max: delay.max / MS_IN_NS - RESOLUTION_MS,
  }),
  profile: async () => {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    await session.post('Profiler.start');
  },
  profiled: async (question) => {
    const taken: Profiler.StopReturnType | undefined = await session?.post('Profiler.stop');
    session?.disconnect();
    writeFileSync(textAt(question, 'file'), JSON.stringify(taken?.profile));
  },
});
process.channel?.unref();
