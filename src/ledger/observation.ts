import type { EventSource, OrderKey } from './records.ts';

/** What a notification, a query, the answer to a write, or the reconciler has shown of an order. */
export interface Observation extends OrderKey {
  readonly appid: string;
  readonly serviceId: string;
  /** The state as WeChat Pay returned it. */
  readonly state: string;
  readonly source: EventSource;
  /** Unix ms: of the change itself if WeChat Pay says it, otherwise of the observation. */
  readonly occurredAt: number;
  readonly riskAmount?: number | null;
  readonly totalAmount?: number | null;
  readonly paidAmount?: number | null;
  readonly serviceIntroduction?: string | null;
  /** Times and places as the create sends them. */
  readonly planned?: PlannedService | null;
  /** Payments through WeChat Pay. */
  readonly payments?: readonly ObservedPayment[];
  /** Keyed hash of the user's openid. */
  readonly owner?: string | null;
}

interface PlannedService {
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
