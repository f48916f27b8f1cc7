import pLimit from 'p-limit';
import type { Pace } from './database/group-commit.ts';
import type { Encryption } from './encryption.ts';
import { type Engine, followWrites, monotonicMs, typedRun } from './engine/engine.ts';
import { createEventBus } from './events/bus.ts';
import type { JobInput, JobOutput, WriteName } from './jobs/jobs.ts';
import { type IntentStep, type Ledger, type LedgerLog, LedgerUnavailableError } from './ledger.ts';
import type { WriteResult } from './records.ts';
import { LONGEST_TIMER_MS } from './within.ts';

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

/** @throws LedgerUnavailableError if the ledger fails */
async function forQuery<T>(log: Pick<LedgerLog, 'error'>, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    log.error({ err: error }, 'reading the ledger failed: the query was not answered');
    throw new LedgerUnavailableError(error);
  }
}

/**
 * Waits for a job that has to be done before a write is sent.
 * @param sendBy on the monotonic clock, ms: later, the caller learns that nothing was sent
 * @param onLate called with the result if it comes after that
 * @throws LedgerUnavailableError if the ledger fails, or has not answered by then
 */
async function beforeSending<T>(
  log: Pick<LedgerLog, 'error'>,
  sendBy: number,
  work: Promise<T>,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        isLate = true;
        log.error({}, 'ledger timeout before a write was sent: nothing was sent');
        reject(new LedgerUnavailableError());
      },
      Math.min(Math.max(0, sendBy - performance.now()), LONGEST_TIMER_MS),
    );
  });
  const answered = work.then(
    (value) => {
      if (isLate) {
        onLate(value);
      }
      return value;
    },
    (error: unknown) => {
      if (!isLate) {
        log.error({ err: error }, 'ledger failed before a write was sent: nothing was sent');
      }
      throw error instanceof LedgerUnavailableError ? error : new LedgerUnavailableError(error);
    },
  );
  try {
    return await Promise.race([answered, timeout]);
  } finally {
    clearTimeout(timer);
    answered.catch(() => {});
  }
}

/** How much faster or slower than time a steady clock goes at most. */
const SLEWING = 1 / 10;
/** Nothing that was in progress before a machine slept for so long is still in progress. */
const SLEPT_MS = 3_600_000;

interface Clocks {
  /** Unix ms; an operator or NTP may set it. */
  readonly wall: () => number;
  /** ms from any moment. */
  readonly monotonic: () => number;
}

/**
 * Unix ms of a clock that follows the wall clock, but only by going up to a tenth faster or slower:
 * if that is set by minutes, a lease still lasts about as long as it should. Only an hour or more is
 * caught up immediately, because the machine has slept. It never goes back.
 */
export function createSteadyClock({
  wall = Date.now,
  monotonic = () => performance.now(),
}: Partial<Clocks> = {}): () => number {
  let time = wall();
  let at = monotonic();
  return () => {
    const elapsed = monotonic() - at;
    at += elapsed;
    const behind = wall() - (time + elapsed);
    const most = behind >= SLEPT_MS ? behind : elapsed * SLEWING;
    time += elapsed + Math.max(-elapsed * SLEWING, Math.min(behind, most));
    return Math.floor(time);
  };
}
