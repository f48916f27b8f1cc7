import type { Comparison } from '../compare.ts';
import type { Sample } from '../measure.ts';
import type { ScenarioName } from '../scenarios.ts';

interface Peer {
  readonly title: string;
  readonly isDurable: boolean;
  readonly sample: Sample;
}

/** Our sample of a scenario, and each peer's. */
export interface Faced {
  readonly ours: Sample;
  readonly peers: readonly Peer[];
}

/** Undefined if the scenario did not run with ours and at least one peer. */
export function faced({ results }: Comparison, name: ScenarioName): Faced | undefined {
  const of = results.filter(({ scenario }) => scenario.name === name);
  const ours = of.find(({ candidate }) => candidate.isOurs)?.sample;
  const peers = of
    .filter(({ candidate }) => !candidate.isOurs)
    .map(({ candidate: { title, isDurable = false }, sample }) => ({ title, isDurable, sample }));
  return ours === undefined || peers.length === 0 ? undefined : { ours, peers };
}

/** Our throughput relative to the best peer: above 1 is better. */
export function timesBest({ ours, peers }: Faced): number {
  return ours.perSecond / Math.max(...peers.map(({ sample }) => sample.perSecond));
}

/** The lowest of the peers' figures. */
export function lowest({ peers }: Faced, field: keyof Sample): number {
  return Math.min(...peers.map(({ sample }) => sample[field]));
}

export function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

export function us(value: number): string {
  return `${Math.round(value)} µs`;
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function percent(part: number): string {
  return `${(part * 100).toFixed(part > 0 && part < 0.1 ? 1 : 0)} %`;
}
