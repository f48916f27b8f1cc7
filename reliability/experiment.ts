import type { Goal } from './goals.ts';
import type { Environment } from './support/environment.ts';

/** How much of it: `quick` for tests, `full` for the record. */
export type Scale = 'full' | 'quick';

/** One row of the table. */
export interface Row {
  readonly what: string;
  /** The size of the experiment. */
  readonly size: string;
  /** The result. */
  readonly figure: string;
  /** The goal. */
  readonly wanted: string;
  readonly pass: boolean;
}

export interface Experiment {
  readonly goal: Goal;
  /** How long the full size takes, about. */
  readonly minutes: number;
  readonly name: string;
  readonly run: (scale: Scale, environment: Environment) => Promise<readonly Row[]>;
}

/** A row that counts what must not happen. */
export function none(what: string, size: string, count: number): Row {
  return { what, size, figure: String(count), wanted: '0', pass: count === 0 };
}

/** A row whose figure must not exceed its goal. */
export function atMost(what: string, size: string, figure: number, goal: number, unit = ''): Row {
  const number = Number.isInteger(figure) ? String(figure) : figure.toFixed(1);
  return { what, size, figure: number + unit, wanted: `≤ ${goal}${unit}`, pass: figure <= goal };
}

/** A row whose figure must reach its goal. */
export function atLeast(what: string, size: string, figure: number, goal: number): Row {
  return { what, size, figure: figure.toFixed(1), wanted: `≥ ${goal}`, pass: figure >= goal };
}

/** A row for what must be true in every case. */
export function all(what: string, size: string, held: number, of: number): Row {
  return { what, size, figure: `${held} of ${of}`, wanted: 'all', pass: held === of && of > 0 };
}

/** A row for something that is either true or not. */
export function holds(what: string, size: string, figure: string, wanted: string): Row {
  return { what, size, figure, wanted, pass: figure === wanted };
}
