import type { Comparison } from '../compare.ts';
import { type BarGroup, picture } from './picture.ts';

const TITLE = 'Throughput compared with the usual alternatives';
const SUBTITLE =
  'Times the best peer in the same setting; the dashed line is that peer. Longer is better.';

/** The picture of docs/explanation/performance.md: each scenario's throughput in units of its best peer. */
export function ratiosPicture({ results }: Comparison): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const groups: BarGroup[] = scenarios.map((scenario) => {
    const of = results.filter((result) => result.scenario === scenario);
    const peers = of.filter(({ candidate }) => !candidate.isOurs);
    const best = Math.max(...peers.map(({ sample }) => sample.perSecond));
    return {
      title: `${scenario.title}${'perSecond' in scenario.load ? `, ${scenario.load.perSecond}/s` : `, ${scenario.load.inFlight}`}`,
      bars: of.map(({ candidate, sample }) => ({
        name: candidate.title,
        value: sample.perSecond / best,
        isOurs: candidate.isOurs,
      })),
    };
  });
  return picture(TITLE, SUBTITLE, groups);
}
