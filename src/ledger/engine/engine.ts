import type { Pace } from '../database/group-commit.ts';
import type { JobInput, JobName, JobOutput } from '../jobs/jobs.ts';

export interface RunOptions {
  /** On the clock of `monotonicMs`: a job that begins later is not executed. */
  readonly deadline?: number | undefined;
  /** If omitted, `immediate`. */
  readonly pace?: Pace | undefined;
}

/** What runs the jobs: this thread, or a worker. */
export interface Engine {
  /**
   * Writes run in order, and are durable when they resolve.
   * @throws LedgerUnavailableError if the job was begun after its deadline
   */
  readonly run: (name: JobName, input: unknown, options: RunOptions) => Promise<unknown>;
  /** Resolves once everything that was given until now is written. */
  readonly idle: () => Promise<void>;
  /** Calls back whenever another instance may have appended events. Returns how to stop. */
  readonly onNotify: (callback: () => void) => () => void;
  /** Waits for what is being written. */
  readonly close: () => Promise<void>;
}

export type Run = <Name extends JobName>(
  name: Name,
  input: JobInput<Name>,
  options?: RunOptions,
) => Promise<JobOutput<Name>>;

/** The jobs of an engine with their types: by name, the output belongs to the input. */
export function typedRun({ run }: Pick<Engine, 'run'>): Run {
  return async <Name extends JobName>(name: Name, input: JobInput<Name>, options = {}) =>
    // The engine looks the job up by the same name.
    (await run(name, input, options)) as JobOutput<Name>;
}

/** A monotonic clock that all threads share; `performance.now` restarts in each. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
