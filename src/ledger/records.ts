import type { PayAfterState } from '../domain/pay-after-state.ts';

/** Times are Unix ms; amounts are in fen. */
export interface OrderRecord {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
  readonly state: PayAfterState;
  /** The state as WeChat Pay returned it. */
  readonly stateRaw: string;
  /** Keyed hash of the user's openid; null if it is not known. */
  readonly owner: string | null;
  readonly createdAt: number;
  readonly stateSince: number;
  readonly observedAt: number;
  readonly lastEventId: number | null;
}

export interface OrderEvent {
  /** The cursor: strictly increasing in the order of commits. */
  readonly id: number;
  readonly outOrderNo: string;
  readonly state: PayAfterState;
  readonly stateRaw: string;
  readonly previousState: PayAfterState | null;
  readonly source: EventSource;
  readonly occurredAt: number;
  readonly receivedAt: number;
}

/** An event with what determines its owner, at the time of reading. */
export interface LoggedEvent extends OrderEvent {
  /** The owner of its order; null if it is not known, or not yet. */
  readonly owner: string | null;
  /** If the owner is not known: the owner of the open create with this number. */
  readonly claimant: string | null;
}

export type EventSource = 'NOTIFICATION' | 'QUERY' | 'MUTATION' | 'RECONCILER';

export type Operation = 'create' | 'complete' | 'cancel' | 'sync';

/**
 * `open`: it may have taken effect. `refused`: it has certainly not. `absent`: a later query did
 * not find it; the number may be used again, and the same input still sends the same bytes.
 */
export type IntentStatus = 'open' | 'done' | 'refused' | 'absent';

/** A stored write to WeChat Pay. */
export interface Intent {
  readonly id: string;
  readonly operation: Operation;
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
  readonly owner: string | null;
  readonly status: IntentStatus;
  readonly createdAt: number;
  /** When a call last acquired it to send it. */
  readonly sentAt: number;
  /** When the reconciler queries it next; while it is held, the lease. */
  readonly checkAt: number | null;
  /** The bytes as they were sent; null if they cannot be decrypted. */
  readonly body: Uint8Array | null;
}

export type NotificationOutcome = 'applied' | 'nothing-new' | 'suspicious' | 'kept';
