import type { EventSource } from './records.ts';

/** What a notification, a query, the answer to a write, or the reconciler has shown of an order. */
export interface Observation {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
  /** The state as WeChat Pay returned it. */
  readonly state: string;
  readonly source: EventSource;
  /** Unix ms: of the change itself if WeChat Pay says it, otherwise of the observation. */
  readonly occurredAt: number;
  readonly riskAmount?: number | null;
  readonly totalAmount?: number | null;
  /** Keyed hash of the user's openid. */
  readonly owner?: string | null;
}

/** What recording an observation changed. */
export type Observed =
  | { readonly outcome: 'applied' | 'nothing-new' }
  | { readonly outcome: 'suspicious'; readonly reason: string };
