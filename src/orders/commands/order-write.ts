import type { WriteOrigin } from '../../ledger/jobs/acquire-intent.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import type { SendReport, WriteOptions } from '../../wechat/index.ts';
import type { OrderQueries, ProductOrders } from '../products/products.ts';
import type { Intended } from './acquire-intent.ts';

/** What a write needs, whichever it is. */
export interface WriteServices {
  readonly ledger: Ledger;
  readonly origin: WriteOrigin;
  readonly onSent?: ((report: SendReport) => void) | undefined;
  readonly wechat: OrderQueries;
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
