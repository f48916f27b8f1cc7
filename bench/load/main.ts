import { randomInt } from 'node:crypto';
import { answerParent, fieldAt, numberAt, textAt } from '../process/answer.ts';
import { percentile } from '../report/statistics.ts';
import { type Job, type Lanes, type Numbers, startLanes, type Tally } from './lanes.ts';
import { startOpenLoop } from './open-loop.ts';
import { openSubscriptions } from './subscribers.ts';

/** The load generator, in its own process. */
const NUMBERS: readonly Numbers[] = ['distinct', 'hot', 'new'];

const empty = (): Tally => ({ latenciesMs: [], refused: 0, failed: 0, failure: '' });
let tally = empty();
let startedMs = 0;
let lanes: Lanes = { answered: () => 0, stop: () => {} };
/** Order numbers of this run: no other process of it uses them. */
let last = randomInt(1e12);

answerParent({
  start: (question) => {
    tally = empty();
    const job = readJob(question);
    const newNumber = () => {
      last += 1;
      return last;
    };
    const { perSecond } = job;
    lanes =
      perSecond === undefined
        ? startLanes(job, () => tally, newNumber)
        : startOpenLoop({ ...job, perSecond }, () => tally, newNumber);
  },
  /** Earlier requests were the warm-up. */
  mark: () => {
    if (tally.failed > 0) {
      throw new Error(`${tally.failed} requests failed while warming up: ${tally.failure}`);
    }
    tally = empty();
    startedMs = performance.now();
  },
  subscribe: (question) => {
    const given = Object.entries(fieldAt(question, 'headers') ?? {});
    const headers = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    return openSubscriptions(numberAt(question, 'port'), headers, numberAt(question, 'count'));
  },
  answered: () => lanes.answered(),
  done: () => tally.latenciesMs.length + tally.failed,
  stop: () => {
    const seconds = (performance.now() - startedMs) / 1000;
    const { latenciesMs, refused, failed, failure } = tally;
    lanes.stop();
    return {
      seconds,
      done: latenciesMs.length,
      refused,
      failed,
      failure,
      p50: percentile(latenciesMs, 0.5),
      p99: percentile(latenciesMs, 0.99),
      p999: percentile(latenciesMs, 0.999),
    };
  },
});
process.stdout.write('load generator\n');
// Only the channel keeps it running.
process.channel?.ref();

function readJob(question: unknown): Job {
  const job = fieldAt(question, 'job');
  const numbers = NUMBERS.find((name) => name === textAt(job, 'numbers'));
  if (numbers === undefined) {
    throw new Error('A job says which numbers it asks for.');
  }
  return {
    port: numberAt(job, 'port'),
    before: textAt(job, 'before'),
    after: textAt(job, 'after'),
    numbers,
    concurrency: numberAt(job, 'concurrency'),
    perSecond: fieldAt(job, 'perSecond') === undefined ? undefined : numberAt(job, 'perSecond'),
  };
}
