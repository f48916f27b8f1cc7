import type { Kysely } from 'kysely';
import type { Pace, Tx } from '../database/group-commit.ts';
import type { Store } from '../database/open-store.ts';
import type { Tables } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';
import {
  type JobInput,
  type JobName,
  type JobOutput,
  READS,
  type ReadName,
  WRITES,
  type WriteName,
} from '../jobs/jobs.ts';
import { LedgerUnavailableError } from '../ledger.ts';
import { monotonicMs } from '../time.ts';

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

/** Any job: its input has the type of the job with that name. */
interface AnyRead {
  run(
    context: { readonly db: Kysely<Tables>; readonly encryption: Encryption },
    input: unknown,
  ): Promise<unknown>;
}
interface AnyWrite {
  run(
    context: { readonly db: Tx; readonly encryption: Encryption },
    input: unknown,
  ): Promise<unknown>;
}

const reads: Readonly<Record<ReadName, AnyRead['run']>> = READS;
const writes: Readonly<Record<WriteName, AnyWrite['run']>> = WRITES;

/** These change nothing that another instance shows. */
const SILENT: ReadonlySet<JobName> = new Set(['acquireIntent', 'claimDue', 'probe']);

/** Runs the jobs in this thread. */
export function createLocalEngine(store: Store, encryption: Encryption): Engine {
  const { db, write, caughtUp, notify, idle, onNotify, close } = store;
  const read = async (name: ReadName, input: unknown, { deadline, pace }: RunOptions) => {
    await caughtUp(pace);
    checkDeadline(deadline);
    return await reads[name]({ db, encryption }, input);
  };
  const writeJob = (name: WriteName, input: unknown, { deadline, pace }: RunOptions) =>
    write(async (tx) => {
      checkDeadline(deadline);
      const value = await writes[name]({ db: tx, encryption }, input);
      if (!SILENT.has(name)) {
        await notify(tx);
      }
      return value;
    }, pace);
  return {
    run: (name, input, options) =>
      isRead(name) ? read(name, input, options) : writeJob(name, input, options),
    idle,
    onNotify,
    close,
  };
}

/** Other jobs are writes. */
export function isRead(name: JobName): name is ReadName {
  return name in READS;
}

function checkDeadline(deadline: number | undefined) {
  if (deadline !== undefined && monotonicMs() > deadline) {
    throw new LedgerUnavailableError();
  }
}
