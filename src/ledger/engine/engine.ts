import type { Kysely } from 'kysely';
import { withHint } from '../database/database-error.ts';
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
import { type Ledger, type LedgerLog, LedgerUnavailableError } from '../ledger.ts';
import { within } from '../within.ts';

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
function isRead(name: JobName): name is ReadName {
  return name in READS;
}

function checkDeadline(deadline: number | undefined) {
  if (deadline !== undefined && monotonicMs() > deadline) {
    throw new LedgerUnavailableError();
  }
}

/** A monotonic clock that all threads share; `performance.now` restarts in each. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** For how long the database is as the last write, or the last probe, has shown it. */
const SHOWN_MS = 1_000;
/** Longer than an instance that is frozen in the middle of a write keeps the others waiting. */
const PROBE_MS = 2_500;

/** Runs jobs, and knows from the writes among them whether the database accepts writes. */
export function followWrites(
  run: Run,
  log: LedgerLog,
): Pick<Ledger, 'isWritable'> & { readonly run: Run } {
  let writtenAt = Number.NEGATIVE_INFINITY;
  let probedAt = Number.NEGATIVE_INFINITY;
  let probing: Promise<boolean> | undefined;
  let isWritable = true;

  const conclude = (problem: unknown) => {
    const before = isWritable;
    isWritable = problem === null;
    if (before && !isWritable) {
      log.error({ err: problem }, 'the ledger cannot be written: not ready');
    } else if (!before && isWritable) {
      log.info({}, 'the ledger can be written again');
    }
    return isWritable;
  };
  const followed: Run = async <Name extends JobName>(
    name: Name,
    input: JobInput<Name>,
    options?: RunOptions,
  ): Promise<JobOutput<Name>> => {
    try {
      const output = await run(name, input, options);
      if (!isRead(name)) {
        writtenAt = performance.now();
        conclude(null);
      }
      return output;
    } catch (error) {
      // A job of which the deadline was over was not tried.
      if (!isRead(name) && !(error instanceof LedgerUnavailableError)) {
        writtenAt = Number.NEGATIVE_INFINITY;
      }
      throw withHint(error);
    }
  };
  const probe = async () => {
    probedAt = performance.now();
    const problem = await followed('probe', undefined).then(
      () => null,
      (error: unknown) => error,
    );
    probedAt = performance.now();
    return conclude(problem);
  };
  return {
    run: followed,
    isWritable: async () => {
      const now = performance.now();
      if (probing === undefined && now - writtenAt < SHOWN_MS) {
        return true;
      }
      if (probing === undefined && now - probedAt < SHOWN_MS) {
        return isWritable;
      }
      probing ??= probe().finally(() => {
        probing = undefined;
      });
      const shown = await within(probedAt + PROBE_MS - now, probing, undefined);
      return shown ?? conclude(new ProbeTimeoutError());
    },
  };
}

/** The database did not complete a write in time. */
class ProbeTimeoutError extends Error {
  override readonly name = 'ProbeTimeoutError';

  constructor() {
    super(`The database has not completed a write within ${PROBE_MS / 1_000} s.`);
  }
}
