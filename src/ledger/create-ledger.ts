import pLimit from 'p-limit';
import { withHint } from './database/database-error.ts';
import type { Pace } from './database/group-commit.ts';
import type { Encryption } from './encryption.ts';
import { type Engine, isRead, type Run, type RunOptions, typedRun } from './engine/engine.ts';
import { createEventBus } from './events/bus.ts';
import type { JobInput, JobName, JobOutput, WriteName } from './jobs/jobs.ts';
import { type IntentStep, type Ledger, type LedgerLog, LedgerUnavailableError } from './ledger.ts';
import type { WriteResult } from './records.ts';
import { beforeSending, monotonicMs, within } from './time.ts';

export interface LedgerParts {
  readonly engine: Engine;
  readonly encryption: Pick<Encryption, 'hash'>;
  readonly log: LedgerLog;
  /** Unix ms. */
  readonly now: () => number;
  /** Unix ms, of a clock that nobody sets. */
  readonly steadyNow: () => number;
  /**
   * For how long, in ms, an intent in progress is not reconciled; after that its process counts as
   * crashed.
   */
  readonly holdMs: number;
  readonly onIntent: (step: IntentStep) => void;
}

export interface OpenLedger extends Ledger {
  /** Waits for pending writes. */
  readonly close: () => Promise<void>;
}

/**
 * Pages of the log that streams read concurrently: their events arrive in one turn of the event loop,
 * however many streams continue from an old cursor.
 */
const STREAM_READS = 4;

/** An intent that became durable too late. */
const NOT_SENT: WriteResult = {
  outcome: 'not-accepted',
  attempts: 0,
  reason: 'LEDGER_TIMEOUT',
  httpStatus: null,
  wechatCode: null,
  wechatMessage: null,
  wechatRequestId: null,
};

/** The ledger on an engine: adds the time, deadlines and the event bus to its jobs. */
export async function createLedger(parts: LedgerParts): Promise<OpenLedger> {
  const { engine, encryption, log, now, steadyNow, holdMs, onIntent } = parts;
  const { isWritable, run } = followWrites(typedRun(engine), log);
  const fewReads = pLimit(STREAM_READS);
  const bus = await createEventBus(
    {
      newest: () => run('newestEventId', undefined),
      eventsAfter: (query) => run('eventsAfter', query, { pace: 'background' }),
      onNotify: engine.onNotify,
    },
    (err) => log.warn({ err }, 'reading the event log failed, retrying'),
  );
  /** A write whose events are published, here and on the other instances, once it is committed. */
  const record = async <Name extends WriteName>(
    name: Name,
    input: JobInput<Name>,
    pace: Pace = 'immediate',
  ): Promise<JobOutput<Name>> => {
    const writing = run(name, input, { pace });
    // The engine reads the log after the write: both are sent to its thread, and returned,
    // together.
    bus.poll();
    return await writing;
  };
  const beforeDeadline = (sendBy: number) =>
    Number.isFinite(sendBy) ? { deadline: monotonicMs() + sendBy - performance.now() } : {};

  return {
    bus,
    log,
    now,
    steadyNow,
    onIntent,
    ownerOf: (openid) => encryption.hash(openid, 'owner'),
    hasIntent: (key, sendBy) =>
      beforeSending(log, sendBy, run('hasIntent', key, beforeDeadline(sendBy))),
    acquireIntent: (input, sendBy) => {
      const values = { ...input, now: steadyNow(), holdMs };
      const acquiring = run('acquireIntent', values, beforeDeadline(sendBy));
      return beforeSending(log, sendBy, acquiring, (late) => {
        if (typeof late === 'object' && !late.repeated) {
          const { id, lease } = late;
          const refused = { id, lease, result: NOT_SENT, now: steadyNow() };
          run('releaseRefused', refused, { pace: 'background' }).catch(() => {});
        }
      });
    },
    intentsWithSameInput: (key, sendBy) =>
      beforeSending(log, sendBy, run('intentsWithSameInput', key, beforeDeadline(sendBy))),
    findOwnership: (order, sendBy) =>
      sendBy === undefined
        ? forQuery(log, run('findOwnership', order))
        : beforeSending(log, sendBy, run('findOwnership', order, beforeDeadline(sendBy))),
    finishIntent: (finished) =>
      record('finishIntent', { ...finished, now: steadyNow() }, 'background'),
    keepIntentOpen: (open) => record('keepIntentOpen', { ...open, now: steadyNow() }, 'background'),
    releaseIntent: (refused) =>
      record('releaseRefused', { ...refused, now: steadyNow() }, 'patient'),
    applyObservation: (observation) =>
      record('applyObservation', { observation, now: steadyNow() }, 'background'),
    saveNotification: (notification) =>
      record('saveNotification', { ...notification, now: steadyNow() }),
    listOrders: (query) => forQuery(log, run('listOrders', query)),
    listEvents: (queries) => forQuery(log, run('listEvents', queries)),
    countOrders: (selection) => forQuery(log, run('countOrders', selection)),
    findRecords: (visibility, keys) => forQuery(log, run('findRecords', { visibility, keys })),
    findEvent: (visibility, id) => forQuery(log, run('findEvent', { visibility, id })),
    eventsAfter: (query) => fewReads(() => run('eventsAfter', query)),
    claimDue: async (limit) => {
      const due = { now: steadyNow(), holdMs, limit };
      return (await run('isAnyDue', due))
        ? await run('claimDue', due)
        : { intents: [], orders: [] };
    },
    finishIntentReconciliation: ({ intent, ...reconciled }) => {
      const { body: _, ...claimed } = { body: null, ...intent };
      return record('finishIntentReconciliation', {
        ...reconciled,
        intent: claimed,
        now: steadyNow(),
      });
    },
    postponeIntent: ({ id, sentAt, lease }) =>
      record('postponeIntent', { id, sentAt, lease, now: steadyNow() }),
    finishOrderReconciliation: (reconciled) =>
      record('finishOrderReconciliation', { ...reconciled, now: steadyNow() }),
    postponeOrder: ({ product, outOrderNo, status, statusSince }) =>
      record('postponeOrder', { product, outOrderNo, status, statusSince, now: steadyNow() }),
    reconcilerLag: () => run('reconcilerLag', { now: steadyNow() }),
    countOpenIntents: () => run('countOpenIntents', undefined),
    isWritable,
    idle: engine.idle,
    close: async () => {
      await engine.idle().catch(() => {});
      await bus.close();
      await engine.close();
    },
  };
}

/** For how long the database is as the last write, or the last probe, has shown it. */
const SHOWN_MS = 1_000;
/** Longer than an instance that is frozen in the middle of a write keeps the others waiting. */
const PROBE_MS = 2_500;

/** Runs jobs, and knows from the writes among them whether the database accepts writes. */
function followWrites(
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

/** @throws LedgerUnavailableError if the ledger fails */
async function forQuery<T>(log: Pick<LedgerLog, 'error'>, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    log.error({ err: error }, 'reading the ledger failed: the query was not answered');
    throw new LedgerUnavailableError(error);
  }
}
