import type { OrderProduct } from '../../domain/order-state.ts';
import type { Observation, Operation, PlannedService } from '../../ledger/records.ts';
import {
  isSuperseded,
  type OrderQuery,
  outcomeByQuery,
  type PayAfterOrder,
  phaseOf,
  type QueryOptions,
  readServiceOrderCreate,
  type ServiceOrder,
  type ShownState,
  serviceOrderOutcome,
  type WechatPay,
  type WriteOutcome,
} from '../../wechat/index.ts';
import {
  observationOfPayAfterOrder,
  observationOfServiceOrder,
  plannedOf,
  type Sighting,
} from '../state/observation.ts';

/** The queries of WeChat Pay for the orders of both products. */
export interface OrderQueries {
  readonly queryPayAfterOrder: WechatPay['queryPayAfterOrder'];
  readonly serviceOrders: Pick<WechatPay['serviceOrders'], 'query'>;
}

/** What differs between the products where their orders are treated alike. */
export interface ProductOrders<O> {
  readonly product: OrderProduct;
  /** Throws what the client throws; null if WeChat Pay has no such order. */
  readonly query: (
    wechat: OrderQueries,
    query: OrderQuery,
    options?: QueryOptions,
  ) => Promise<O | null>;
  /** Decides from an order that a query shows whether a write with these bytes took effect. */
  readonly outcomeOf: (operation: Operation, body: Uint8Array, order: O) => WriteOutcome;
  /** Whether a write with these bytes that has no effect by now never will have one. */
  readonly isSuperseded: (operation: Operation, body: Uint8Array, order: O) => boolean;
  readonly observationOf: (order: O, sighting: Sighting) => Observation;
  /** The times and places in the bytes of a create; null if each order shows them. */
  readonly plannedIn: (body: Uint8Array) => PlannedService | null;
  /** What of an order may change as long as it exists, as one value to compare. */
  readonly changingPartsOf: (order: O) => string;
  readonly stateOf: (order: O) => ShownState;
}

export const PAY_AFTER_ORDERS: ProductOrders<PayAfterOrder> = {
  product: 'PAY_AFTER',
  query: (wechat, query, options) => wechat.queryPayAfterOrder(query, options),
  outcomeOf: (operation, body, order) =>
    operation === 'modify' || operation === 'collect'
      ? 'undetermined'
      : outcomeByQuery(operation, body, order),
  isSuperseded: () => false,
  observationOf: observationOfPayAfterOrder,
  plannedIn: () => null,
  changingPartsOf: ({ state }) => state,
  stateOf: ({ state }) => ({ state }),
};

export const SERVICE_ORDERS: ProductOrders<ServiceOrder> = {
  product: 'SERVICE_ORDER',
  query: ({ serviceOrders }, query, options) => serviceOrders.query(query, options),
  outcomeOf: serviceOrderOutcome,
  isSuperseded,
  observationOf: observationOfServiceOrder,
  plannedIn: (body) => {
    const create = readServiceOrderCreate(body);
    return create === undefined ? null : plannedOf(create);
  },
  changingPartsOf: ({ state, stateDescription, totalAmount, collection }) => {
    const { state: word, totalAmount: toCollect, paidAmount } = collection ?? {};
    return [state, stateDescription, totalAmount, word, toCollect, paidAmount].join(' ');
  },
  stateOf: (order) => ({ state: order.state, phase: phaseOf(order) }),
};

/** What a query has shown of an order, of whichever product. */
export interface ShownOrder {
  readonly outcomeOf: (operation: Operation, body: Uint8Array) => WriteOutcome;
  readonly isSuperseded: (operation: Operation, body: Uint8Array) => boolean;
  readonly observation: Observation;
  /** What it shows if the create with these bytes has made it. */
  readonly createdBy: (body: Uint8Array) => Observation;
}

/** Looks an order up at WeChat Pay; null if it has no such order. Throws what the client throws. */
type LookUp = (
  wechat: OrderQueries,
  query: OrderQuery,
  sighting: Sighting,
) => Promise<ShownOrder | null>;

function lookUpOf<O>(orders: ProductOrders<O>): LookUp {
  return async (wechat, query, sighting) => {
    const order = await orders.query(wechat, query);
    if (order === null) {
      return null;
    }
    const observation = orders.observationOf(order, sighting);
    return {
      outcomeOf: (operation, body) => orders.outcomeOf(operation, body, order),
      isSuperseded: (operation, body) => orders.isSuperseded(operation, body, order),
      observation,
      createdBy: (body) => ({
        ...observation,
        planned: orders.plannedIn(body) ?? observation.planned ?? null,
      }),
    };
  };
}

/** By product. */
export const LOOK_UPS: Readonly<Record<OrderProduct, LookUp>> = {
  PAY_AFTER: lookUpOf(PAY_AFTER_ORDERS),
  SERVICE_ORDER: lookUpOf(SERVICE_ORDERS),
};
