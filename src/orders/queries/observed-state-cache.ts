import type { Ledger } from '../../ledger/ledger.ts';
import type { PayAfterOrder } from '../../wechat/index.ts';
import { observationOf, recordObservationLater } from '../state/observation.ts';

/** Takes what queries show into the ledger, where it is news. */
export interface ObservationFilter {
  readonly see: (order: PayAfterOrder) => void;
  readonly close: () => void;
}

const REMEMBERED = 10_000;
/** Characters; WeChat Pay's words have ten. A longer one is looked up in the ledger each time. */
const LONGEST_WORD = 64;

/**
 * A query costs no write while it shows what the event log said last: the state of the orders
 * last seen is remembered, whichever call saw it.
 */
export function createObservationFilter(ledger: Ledger): ObservationFilter {
  const states = new Map<string, string>();
  const remember = (outOrderNo: string, state: string) => {
    states.delete(outOrderNo);
    if (state.length <= LONGEST_WORD) {
      states.set(outOrderNo, state);
    }
    const [oldest] = states.size > REMEMBERED ? states.keys() : [];
    if (oldest !== undefined) {
      states.delete(oldest);
    }
  };
  const close = ledger.bus.subscribe((event) => remember(event.outOrderNo, event.stateRaw));
  return {
    see: (order) => {
      if (states.get(order.outOrderNo) !== order.state) {
        remember(order.outOrderNo, order.state);
        const seen = observationOf(order, 'QUERY', ledger.now());
        // What could not be recorded is news again the next time.
        recordObservationLater(ledger, seen, () => states.delete(order.outOrderNo));
      }
    },
    close,
  };
}
