import type { Visibility } from '../domain/visibility.ts';
import type { EventBus } from './events/bus.ts';
import type { Acquisition, IntentInput, IntentKey, OwnedIntentKey } from './jobs/acquire-intent.ts';
import type { EventsAfter } from './jobs/event-log.ts';
import type { Ownership } from './jobs/find-ownership.ts';
import type { FinishedIntent, OpenIntent, RefusedIntent } from './jobs/finish-intent.ts';
import type { OrderEventQuery, OrderQuery, Page } from './jobs/list-records.ts';
import type {
  Due,
  PostponedIntent,
  PostponedOrder,
  ReconciledIntent,
  ReconciledOrder,
} from './jobs/reconcile.ts';
import type { RecordSelection } from './jobs/record-filter.ts';
import type { NotificationConclusion, ReceivedNotification } from './jobs/save-notification.ts';
import type {
  Intent,
  IntentStatus,
  LoggedEvent,
  Observation,
  Observed,
  OrderEvent,
  OrderKey,
  RecordedOrder,
} from './records.ts';

/**
 * The durable record of orders and of writes to WeChat Pay: whole jobs, values in and values out. A
 * write is durable when it resolves, jobs run in the order in which they were given, and a read sees
 * the writes before it. `sendBy`, on the monotonic clock in ms: after it nothing may be sent, so that
 * the job rejects with LedgerUnavailableError, as it does if the ledger fails.
 */
export interface Ledger {
  readonly bus: EventBus;
  readonly log: LedgerLog;
  /** Unix ms. */
  readonly now: () => number;
  /**
   * Unix ms, of the clock of all that is recorded: leases and waits are compared with it, so that a
   * change of the system's clock neither delays a decision nor has it made twice.
   */
  readonly steadyNow: () => number;
  /** Called with every write to WeChat Pay that is made durable, and with its outcome. */
  readonly onIntent: (step: IntentStep) => void;
  /** The keyed hash under which the user of an order is known. */
  readonly ownerOf: (openid: string) => string;

  readonly hasIntent: (key: OwnedIntentKey, sendBy: number) => Promise<boolean>;
  /** One that is new and durable only after `sendBy` is released. */
  readonly acquireIntent: (input: IntentInput, sendBy: number) => Promise<Acquisition>;
  readonly intentsWithSameInput: (key: IntentKey, sendBy: number) => Promise<readonly Intent[]>;
  /** Without `sendBy`: for a query, which has no deadline. */
  readonly findOwnership: (
    order: OrderKey & { readonly owner: string },
    sendBy?: number,
  ) => Promise<Ownership>;
  /** No caller needs to wait for it. */
  readonly finishIntent: (finished: FinishedIntent) => Promise<Observed | null>;
  /** No caller needs to wait for it. */
  readonly keepIntentOpen: (open: OpenIntent) => Promise<void>;
  /**
   * Returns whether it was released: another call may have acquired it since. It waits for a lock of
   * another process, but for no other write.
   */
  readonly releaseIntent: (refused: RefusedIntent) => Promise<boolean>;
  /** No caller needs to wait for it. */
  readonly applyObservation: (observation: Observation) => Promise<Observed>;
  readonly saveNotification: (
    notification: ReceivedNotification,
  ) => Promise<NotificationConclusion>;

  /** Rejects with LedgerUnavailableError, as the four below do. */
  readonly listOrders: (query: OrderQuery) => Promise<Page<RecordedOrder>>;
  /** How many there are; null if more than `most`. */
  readonly countOrders: (
    selection: RecordSelection & { readonly most: number },
  ) => Promise<number | null>;
  /** In the order of the keys; null for one that there is not. */
  readonly findRecords: (
    visibility: Visibility,
    keys: readonly OrderKey[],
  ) => Promise<readonly (RecordedOrder | null)[]>;
  /** Oldest first: a page for each query. */
  readonly listEvents: (
    queries: readonly OrderEventQuery[],
  ) => Promise<readonly Page<OrderEvent>[]>;
  readonly findEvent: (visibility: Visibility, id: number) => Promise<OrderEvent | null>;
  /** Rejects with what the database throws: a stream reads again. */
  readonly eventsAfter: (query: EventsAfter) => Promise<readonly LoggedEvent[]>;

  readonly claimDue: (limit: number) => Promise<Due>;
  readonly finishIntentReconciliation: (reconciled: ReconciledIntent) => Promise<Observed | null>;
  readonly postponeIntent: (intent: PostponedIntent) => Promise<void>;
  readonly finishOrderReconciliation: (reconciled: ReconciledOrder) => Promise<Observed | null>;
  readonly postponeOrder: (order: PostponedOrder) => Promise<void>;

  /** For how long, in ms, the row that has waited longest for the reconciler has been due. */
  readonly reconcilerLag: () => Promise<number>;
  readonly countOpenIntents: () => Promise<number>;
  /**
   * Whether the database accepts writes: the last one shows it, or one that is made for this, at most
   * one a second and for at most 2.5 s.
   */
  readonly isWritable: () => Promise<boolean>;
  /** Resolves once everything that was given until now is written. */
  readonly idle: () => Promise<void>;
}

/** `open` if the outcome is unknown. */
export type IntentStep = 'begun' | 'repeated' | IntentStatus;

export interface LedgerLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** The ledger failed or did not answer in time. No request was sent to WeChat Pay: retry. */
export class LedgerUnavailableError extends Error {
  override readonly name = 'LedgerUnavailableError';
  readonly kind = 'ledger-unavailable';
  readonly retryAfterSeconds = 1;

  constructor(cause?: unknown) {
    super(
      'The ledger is unavailable. No request was sent to WeChat Pay; retry the same call.',
      cause === undefined ? undefined : { cause },
    );
  }
}
