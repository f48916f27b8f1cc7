import type { CallKind } from '../http/call-log.ts';

export const OTHER_ANSWERS = [
  'empty-object',
  'empty-body',
  'no-content',
  'other-order',
  'same-order',
  'user-service-state',
  'certificates',
] as const;

export type OtherAnswer = (typeof OTHER_ANSWERS)[number];

/** The kinds of faults of a call, with their options. */
export type Misbehaviour =
  | { readonly fault: 'latency'; readonly ms: number }
  | {
      readonly fault: 'status';
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly html: boolean;
      /** `usual`: as WeChat Pay does, which does not sign 401, 5xx and HTML. */
      readonly signature: 'usual' | 'none' | 'wrong';
      /** Seconds; without it there is no Retry-After. */
      readonly retryAfter?: number;
    }
  | { readonly fault: 'stale' | 'future'; readonly seconds: number }
  /** A validly signed response of another call replaces the real one. */
  | { readonly fault: 'other-answer'; readonly of: OtherAnswer }
  | {
      readonly fault:
        | 'reset-before'
        | 'reset-after'
        | 'truncate'
        | 'unsigned'
        | 'wrong-signature'
        | 'other-body'
        | 'probe'
        | 'unknown-serial';
    };

/** Faults of one attempt to deliver a notification. */
export type NotificationMisbehaviour =
  | { readonly fault: 'duplicate'; readonly copies: number }
  | { readonly fault: 'delay'; readonly ms: number }
  | { readonly fault: 'stale' | 'future'; readonly seconds: number }
  | {
      readonly fault:
        | 'drop'
        | 'tamper'
        | 'wrong-signature'
        | 'probe'
        | 'unknown-serial'
        | 'unsigned'
        | 'bad-ciphertext';
    };

export type CallFaultName = Misbehaviour['fault'];
export type NotificationFaultName = NotificationMisbehaviour['fault'];

/** How often a fault applies. */
export interface Reach {
  /** How many more calls or attempts it applies to; null until it is cleared. */
  readonly times: number | null;
  /** How many matching ones pass first. */
  readonly skip: number;
}

/** A fault and the calls it applies to. `any` is any call, but no notification. */
export type CallFault = Misbehaviour &
  Reach & {
    readonly on: CallKind | 'any';
    /** Whether the call takes effect although its response is faulty. */
    readonly takesEffect: boolean;
  };

export type NotificationFault = NotificationMisbehaviour & Reach & { readonly on: 'notify' };

export type Fault = CallFault | NotificationFault;

/** Every fault of a call and its default of takesEffect. */
export const FAULTS: Readonly<Record<CallFaultName, { readonly takesEffect: boolean }>> = {
  latency: { takesEffect: true },
  'reset-before': { takesEffect: false },
  'reset-after': { takesEffect: true },
  truncate: { takesEffect: true },
  status: { takesEffect: false },
  'other-answer': { takesEffect: true },
  unsigned: { takesEffect: true },
  'wrong-signature': { takesEffect: true },
  'other-body': { takesEffect: true },
  stale: { takesEffect: true },
  future: { takesEffect: true },
  probe: { takesEffect: true },
  'unknown-serial': { takesEffect: true },
};

export const NOTICE_FAULTS: readonly NotificationFaultName[] = [
  'drop',
  'duplicate',
  'delay',
  'tamper',
  'wrong-signature',
  'stale',
  'future',
  'probe',
  'unknown-serial',
  'unsigned',
  'bad-ciphertext',
];

/** The active faults, in the order they were added. */
export interface FaultStore {
  add(faults: readonly Fault[]): void;
  list(): readonly Fault[];
  clear(): void;
  /**
   * The fault for a call: the first that matches and has nothing left to skip. Every matching call
   * counts towards every fault's `skip`, also one that another fault was applied to.
   */
  takeForCall(kind: CallKind): CallFault | undefined;
  /** The same for an attempt to deliver a notification. */
  takeForNotification(): NotificationFault | undefined;
}

export function createFaultStore(): FaultStore {
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
