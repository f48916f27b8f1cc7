/** The operation of a /v3 call; `other` is a path or method that the sandbox does not have. */
export type CallKind =
  | 'create'
  | 'query'
  | 'complete'
  | 'cancel'
  | 'sync'
  | 'modify'
  | 'pay'
  | 'permission'
  | 'message'
  | 'user-service-state'
  | 'certificates'
  | 'echo'
  | 'other';

/**
 * One /v3 call as received. Without headers, parameters and body, which may contain personal data.
 */
export interface SandboxCall {
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  readonly kind: CallKind;
  /** The nonce_str of the Authorization, which identifies an attempt; null without one. */
  readonly nonce: string | null;
  /** Hex; equal for attempts with the same bytes. */
  readonly bodySha256: string;
  /** The response status; `none` while there is none, and if the socket was closed. */
  readonly status: number | 'none';
  /** The name of the fault that was applied, or null. */
  readonly fault: string | null;
  /** Real time of arrival in milliseconds. */
  readonly atMs: number;
}

/** The last 1,000 calls, in the order of arrival. */
export interface CallLog {
  /** Records a call; the function it returns records the result and notifies the listener. */
  arrive(call: Omit<SandboxCall, 'status'>): (status: SandboxCall['status']) => void;
  list(): readonly SandboxCall[];
  clear(): void;
}

const KEPT = 1_000;

export function createCallLog(onCall: (call: SandboxCall) => void): CallLog {
  let calls: readonly { call: SandboxCall }[] = [];
  return {
    arrive: (arrival) => {
      const entry: { call: SandboxCall } = { call: { ...arrival, status: 'none' } };
      calls = [...calls.slice(1 - KEPT), entry];
      return (status) => {
        entry.call = { ...arrival, status };
        onCall(entry.call);
      };
    },
    list: () => calls.map(({ call }) => call),
    clear: () => {
      calls = [];
    },
  };
}
