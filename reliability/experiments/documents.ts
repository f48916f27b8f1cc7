import { atMost, type Experiment, none } from '../experiment.ts';
import { rssMb } from '../support/memory.ts';
import { setUp } from '../support/setup.ts';

/** With few documents the caches still grow, as they may. */
const SIZES = {
  full: { total: 10_000, growthGoal: 5 },
  quick: { total: 600, growthGoal: 60 },
} as const;
const HEAP_MB = 512;
const GOAL_MB = 350;
const AT_ONCE = 8;
/** The rest of the document is just below the maximum size. */
const FILL_BYTES = 16_000;

/** Documents of maximum size, all different: the memory of their caches is bounded. */
export const documents: Experiment = {
  goal: 'G4',
  name: 'documents',
  minutes: 3,
  run: async (scale, environment) => {
    const { total, growthGoal } = SIZES[scale];
    await using setup = await setUp(environment, {
      connections: AT_ONCE,
      node: [`--max-old-space-size=${HEAP_MB}`],
    });
    const { server, poster } = setup;
    const seen: { readonly at: number; readonly mb: number }[] = [];
    let [next, failed] = [0, 0];
    const send = async () => {
      while (next < total) {
        next += 1;
        const at = next;
        const answer = await poster.send(JSON.stringify({ query: documentOf(at) }));
        failed += answer === undefined || answer.status >= 500 ? 1 : 0;
        if (at % Math.ceil(total / 60) === 0 && server.isRunning()) {
          seen.push({ at, mb: await rssMb(server.pid) });
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    const most = Math.max(...seen.map(({ mb }) => mb));
    const mean = (from: number, to: number) => {
      const some = seen.filter(({ at }) => at > from * total && at <= to * total);
      return some.reduce((sum, { mb }) => sum + mb, 0) / some.length;
    };
    // Compares the last third with the middle one: in the first, caches still fill.
    const growth = 100 * (mean(2 / 3, 1) / mean(1 / 3, 2 / 3) - 1);
    const size = `${total} documents of ${FILL_BYTES / 1000} kB, all different, heap of ${HEAP_MB} MB`;
    return [
      atMost('resident memory, most', size, Math.round(most), GOAL_MB, ' MB'),
      atMost('growth in the last third', size, Math.max(0, growth), growthGoal, ' %'),
      none('5xx or no answer', size, failed),
    ];
  },
};

/** Alternates valid long documents with the maximum of tokens, and invalid ones. */
function documentOf(index: number): string {
  const fill = (letter: string, bytes: number) => letter.repeat(bytes);
  switch (index % 3) {
    case 0:
      return `{ payAfterOrder(by: { outOrderNo: "${index}${fill('x', FILL_BYTES)}" }) { state } }`;
    case 1: {
      const field = `f${index}_${fill('y', 60)}`;
      return `{ ${`${field} `.repeat(Math.floor(FILL_BYTES / (field.length + 1)))}}`;
    }
    default:
      return `query Q${index}_${fill('z', FILL_BYTES)} { __typename }`;
  }
}
