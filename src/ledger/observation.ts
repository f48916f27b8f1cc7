import type { OrderState } from '../domain/order-state.ts';
import type { EventSource, OrderKey } from './records.ts';

/**
 * What a notification, a query, the answer to a write, or the reconciler has shown of an order, of
 * whichever product.
 */
export interface Observation extends OrderKey, OrderState {
  readonly appid: string;
  readonly serviceId: string;
  /** Of a service order; null if there is no collection, or the response leaves it out. */
  readonly collectionStateRaw?: string | null;
  readonly source: EventSource;
  /** Unix ms: of the change itself if WeChat Pay says it, otherwise of the observation. */
  readonly occurredAt: number;
  readonly riskAmount?: number | null;
  readonly totalAmount?: number | null;
  readonly paidAmount?: number | null;
  readonly serviceIntroduction?: string | null;
  /** Times and places as the create sends them; null where they may be the real ones. */
  readonly planned?: PlannedService | null;
  /** Payments through WeChat Pay. */
  readonly payments?: readonly ObservedPayment[];
  /** Of the create that made the order: keyed hash of the openid that it names. */
  readonly owner?: string | null;
  /** Keyed hash of the openid that the order shows; the owner, unless a create names another one. */
  readonly user?: string | null;
}

export interface PlannedService {
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly startLocation: string | null;
  readonly endLocation: string | null;
}

interface ObservedPayment {
  readonly transactionId: string;
  readonly amount: number | null;
}

/** What recording an observation changed. */
export type Observed =
  | { readonly outcome: 'applied' | 'nothing-new' }
  | { readonly outcome: 'suspicious'; readonly reason: string };
