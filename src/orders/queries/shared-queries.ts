import type { Ledger } from '../../ledger/ledger.ts';
import type { PayAfterOrder, ServiceOrder, WechatPay } from '../../wechat/index.ts';
import type { ObservationFilter } from '../state/observation.ts';
import { createQueryCoalescing, type QueryCoalescing } from './query-coalescing.ts';

/** The queries of the orders of both products, shared by concurrent requests. */
export interface SharedQueries {
  readonly payAfterOrders: QueryCoalescing<PayAfterOrder>;
  readonly serviceOrders: QueryCoalescing<ServiceOrder>;
  readonly close: () => void;
}

export interface SharedQueriesOptions {
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'> & {
    readonly serviceOrders: Pick<WechatPay['serviceOrders'], 'query'>;
  };
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
    see: queries.see,
    wordsOf: ({ state }) => ({
      stateRaw: state,
      stateDescriptionRaw: null,
      collectionStateRaw: null,
    }),
    bus,
    keepMs,
  });
  const serviceOrders = createQueryCoalescing<ServiceOrder>({
    product: 'SERVICE_ORDER',
    query: wechat.serviceOrders.query,
    see: () => {},
    wordsOf: ({ state, stateDescription, collection }) => ({
      stateRaw: state,
      stateDescriptionRaw: stateDescription,
      collectionStateRaw: collection?.state ?? null,
    }),
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
