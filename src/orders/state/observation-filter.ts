import { LRUCache } from 'lru-cache';
import type { OrderProduct } from '../../domain/order-status.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import type { ProductOrders } from '../products/products.ts';
import { warnIfSuspicious } from './observation.ts';

/** Records what queries show in the ledger, if it is new. */
export interface ObservationFilter {
  readonly see: <O extends Numbered>(orders: ProductOrders<O>, order: O) => void;
  readonly close: () => void;
}

interface Numbered {
  readonly outOrderNo: string;
}

const REMEMBERED = 10_000;
/** Characters of a number and a state; WeChat Pay's have 42. Longer ones are looked up in the ledger each time. */
const LONGEST_ENTRY = 128;

/**
 * A query causes no write while it shows the last recorded state: the last observed states are
 * cached, whichever call observed them.
 */
export function createObservationFilter(ledger: Ledger): ObservationFilter {
  const states = new LRUCache<string, string>({
    max: REMEMBERED,
    maxEntrySize: LONGEST_ENTRY,
    sizeCalculation: (state, key) => state.length + key.length + 1,
  });
  const close = ledger.bus.subscribe(({ product, outOrderNo, stateRaw }) => {
    const key = keyOf(product, outOrderNo);
    if (product === 'PAY_AFTER') {
      states.set(key, stateRaw);
    } else {
      // An event of a service order does not have all that may change: the next query is recorded.
      states.delete(key);
    }
  });
  return {
    see: (orders, order) => {
      const key = keyOf(orders.product, order.outOrderNo);
      const state = orders.changingPartsOf(order);
      if (states.get(key) !== state) {
        states.set(key, state);
        const seen = orders.observationOf(order, { source: 'QUERY', ledger });
        // An observation that could not be recorded counts as new the next time.
        applyObservationLater(ledger, seen, () => states.delete(key));
      }
    },
    close,
  };
}

/** The same number under the other product is another order. */
function keyOf(product: OrderProduct, outOrderNo: string): string {
  return `${product} ${outOrderNo}`;
}

/** Records an observation in the background: it neither delays nor fails the caller. */
function applyObservationLater(ledger: Ledger, seen: Observation, onFailure: () => void): void {
  ledger.applyObservation(seen).then(
    (observed) => warnIfSuspicious(ledger, seen, observed),
    (err: unknown) => {
      onFailure();
      ledger.log.error({ err }, 'recording an observation of an order failed');
    },
  );
}
