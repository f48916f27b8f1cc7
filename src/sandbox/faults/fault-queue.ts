import type { CallKind } from '../http/call-log.ts';
import type { CallFault, Fault, NotificationFault } from './fault.ts';

/** The faults in force, in the order they were asked for. */
export interface FaultBook {
  add(faults: readonly Fault[]): void;
  list(): readonly Fault[];
  clear(): void;
  /**
   * The fault for a call that has arrived: the first that matches and lets no more calls pass.
   * Every matching call counts towards every fault's `skip`, also one that another fault took.
   */
  takeForCall(kind: CallKind): CallFault | undefined;
  /** The same for an attempt to deliver a notification. */
  takeForNotification(): NotificationFault | undefined;
}

export function createFaultBook(): FaultBook {
  let faults: readonly Fault[] = [];

  function take<Taken extends Fault>(matches: (fault: Fault) => fault is Taken): Taken | undefined {
    const taken = faults.filter(matches).find(({ skip }) => skip === 0);
    faults = faults
      .map((fault) => {
        if (fault === taken && fault.times !== null) {
          return { ...fault, times: fault.times - 1 };
        }
        return matches(fault) && fault.skip > 0 ? { ...fault, skip: fault.skip - 1 } : fault;
      })
      .filter((fault) => fault.times !== 0);
    return taken;
  }

  return {
    add: (more) => {
      faults = [...faults, ...more];
    },
    list: () => faults,
    clear: () => {
      faults = [];
    },
    takeForCall: (kind) =>
      take((fault): fault is CallFault => fault.on === 'any' || fault.on === kind),
    takeForNotification: () => take((fault): fault is NotificationFault => fault.on === 'notify'),
  };
}
