import type { InputRules } from '../../domain/input-rules.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation, Operation, OrderKey } from '../../ledger/records.ts';
import type { PreparedWrite, SendReport, WechatPay, WriteOptions } from '../../wechat/index.ts';
import type { OrderQueries, ProductOrders } from '../products/products.ts';

/** A write to WeChat Pay and its owner, before it is sent. */
export interface Intended extends OrderKey {
  readonly operation: Operation;
  readonly appid: string;
  readonly serviceId: string;
  /** The canonical wire object before encryption. */
  readonly canonical: string;
  /**
   * Keyed hash of an openid: for a create the user of the order, if known; for other writes the end
   * user that calls, null for callers that may act for every user. Never a credential, so that a
   * repeat works after a key rotation.
   */
  readonly owner: string | null;
  /** The bytes, or a function that builds them; called only if no intent with this input exists. */
  readonly prepare: PreparedWrite | (() => PreparedWrite | Promise<PreparedWrite>);
}

/** Services needed to write an order. */
export interface OrderServices {
  readonly wechat: WechatPay;
  readonly inputRules: InputRules;
  readonly ledger: Ledger;
  /** Whose orders the caller may access. */
  readonly visibility: Visibility;
  /** Recorded with each write. */
  readonly origin: WriteOrigin;
  /** Called when a write was sent, before its answer or its error. */
  readonly onSent?: ((report: SendReport) => void) | undefined;
}

/** What a write needs, whichever it is. */
export interface WriteServices {
  readonly ledger: Ledger;
  readonly origin: WriteOrigin;
  readonly onSent?: ((report: SendReport) => void) | undefined;
  readonly wechat: OrderQueries & Pick<WechatPay, 'sign'>;
}

/** One write to WeChat Pay, from the durable intent to the recorded outcome. */
export interface OrderWrite<T, O> {
  readonly intended: Intended;
  readonly orders: ProductOrders<O>;
  readonly send: (options: WriteOptions<O>) => Promise<T>;
  /**
   * What the response says about the order, if it says anything; omitted if only a query shows it.
   * @param now Unix ms
   */
  readonly seen?: ((answer: T, now: number) => Observation | null) | undefined;
  /** The result when a query has shown that the write took effect. */
  readonly shownByQuery: (order: O) => T;
}

/** `replayed`: this call had no new effect, because the same call had succeeded before. */
export type Replayable<T> = T & { readonly replayed: boolean };

/** The deadlines of one call that writes an order, including the time for the ledger. */
export interface CallDeadline {
  /** On the monotonic clock, ms: the caller has a response by then. */
  readonly deadline: number;
  /** Nothing is sent for the first time after this: an attempt needs the remaining time. */
  readonly sendBy: number;
  /** A query before the write ends by then: the ledger needs the time from here to `sendBy`. */
  readonly queryBy: number;
}

/** The result of a check of this server, before anything is sent. */
export interface Refusal<O> {
  readonly error: Error;
  /** The order as queried by the check. */
  readonly order?: O | undefined;
  /**
   * The order is recorded for another user: no intent of this caller can have created or changed
   * it.
   */
  readonly isForeign?: boolean | undefined;
}
