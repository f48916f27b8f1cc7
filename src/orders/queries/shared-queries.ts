import type { Ledger } from '../../ledger/ledger.ts';
import type { PayAfterOrder, ServiceOrder } from '../../wechat/index.ts';
import { viewOfPayAfterOrder, viewOfServiceOrder } from '../products/order-view.ts';
import { type OrderQueries, PAY_AFTER_ORDERS, SERVICE_ORDERS } from '../products/products.ts';
import type { ObservationFilter } from '../state/observation.ts';
import { createQueryCoalescing, type QueryCoalescing } from './query-coalescing.ts';

/** The queries of the orders of both products, shared by concurrent requests. */
export interface SharedQueries {
  readonly payAfterOrders: QueryCoalescing<PayAfterOrder>;
  readonly serviceOrders: QueryCoalescing<ServiceOrder>;
  readonly close: () => void;
}

export interface SharedQueriesOptions {
  readonly wechat: OrderQueries;
  readonly queries: Pick<ObservationFilter, 'see'>;
  readonly bus: Pick<Ledger['bus'], 'subscribe'>;
  /** How long a result is cached, in ms since its query. */
  readonly keepMs: number;
}

export function createSharedQueries({
  wechat,
  queries,
  bus,
  keepMs,
}: SharedQueriesOptions): SharedQueries {
  const payAfterOrders = createQueryCoalescing<PayAfterOrder>({
    product: 'PAY_AFTER',
    query: wechat.queryPayAfterOrder,
    see: (order) => queries.see(PAY_AFTER_ORDERS, order),
    wordsOf: viewOfPayAfterOrder,
    bus,
    keepMs,
  });
  const serviceOrders = createQueryCoalescing<ServiceOrder>({
    product: 'SERVICE_ORDER',
    query: wechat.serviceOrders.query,
    see: (order) => queries.see(SERVICE_ORDERS, order),
    wordsOf: viewOfServiceOrder,
    bus,
    keepMs,
  });
  return {
    payAfterOrders,
    serviceOrders,
    close: () => {
      payAfterOrders.close();
      serviceOrders.close();
    },
  };
}
