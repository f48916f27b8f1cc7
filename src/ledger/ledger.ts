import type { EventBus } from '../orders/events/bus.ts';
import type { Pace, Tx } from './database/group-commit.ts';
import type { Store } from './database/open-store.ts';
import type { IntentStatus } from './database/tables.ts';
import type { Encryption } from './encryption.ts';
import type { Observation } from './observation.ts';
import { type Observed, recordObservation } from './record-observation.ts';

/** What outlives a request: the store, the key to it, and the way its events get out. */
export interface Ledger {
  readonly store: Store;
  readonly encryption: Encryption;
  readonly bus: EventBus;
  readonly log: LedgerLog;
  /** Unix ms. */
  readonly now: () => number;
  /** Ms that what is under way is left alone for; then its process is taken for dead. */
  readonly holdMs: number;
  /** Told of every write to WeChat that is put down, and of what became of it. */
  readonly onIntent: (step: IntentStep) => void;
}

/** `open` where nobody knows what became of it. */
export type IntentStep = 'begun' | 'repeated' | IntentStatus;

export interface LedgerLog {
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** A durable write whose events get out, here and on the other instances, once it is committed. */
export async function record<T>(
  { store, bus }: Ledger,
  job: (tx: Tx) => Promise<T>,
  pace?: Pace,
): Promise<T> {
  const value = await store.write(async (tx) => {
    const result = await job(tx);
    await store.notify(tx);
    return result;
  }, pace);
  bus.poll();
  return value;
}

/** Records what was seen, in the background: it never slows down who saw it, nor fails them. */
export function recordObservationLater(
  ledger: Ledger,
  seen: Observation,
  onFailure: () => void,
): void {
  const { log, now } = ledger;
  record(ledger, (tx) => recordObservation(tx, seen, now()), 'deferred').then(
    (observed) => warnIfSuspicious(ledger, seen, observed),
    (err: unknown) => {
      onFailure();
      log.error({ err }, 'what was seen of an order could not be recorded');
    },
  );
}

export function warnIfSuspicious({ log }: Ledger, seen: Observation, observed: Observed): void {
  if (observed.outcome === 'suspicious') {
    const { outOrderNo, source } = seen;
    log.warn(
      { outOrderNo, source, reason: observed.reason },
      'what was seen of an order contradicts the record; it was not applied',
    );
  }
}
