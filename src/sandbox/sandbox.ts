import { type BusinessClock, createBusinessClock } from './clock.ts';
import { createFaultBook, type FaultBook } from './faults/fault.ts';
import { type CallLog, createCallLog, type SandboxCall } from './http/call-log.ts';
import type { Identity, SandboxCredentials } from './identity.ts';
import { createNotificationBook, type NotificationBook } from './notifications/queue.ts';
import { createOrderBook, type OrderBook } from './orders/orders.ts';
import { createUserBook, type UserBook } from './orders/users.ts';
import type { SandboxRules } from './rules.ts';
import { createNonceBook, type NonceBook } from './wechat/authorization.ts';

/** Everything that a sandbox will do later. Nothing of it happens any more once it has stopped. */
interface Timers {
  /** Does something after so many milliseconds of real time; the function it returns calls it off. */
  after(ms: number, job: () => void): () => void;
  stop(): void;
}

function createTimers(): Timers {
  const waiting = new Set<NodeJS.Timeout>();
  let stopped = false;
  return {
    after: (ms, job) => {
      if (stopped) {
        return () => {};
      }
      const timer = setTimeout(() => {
        waiting.delete(timer);
        job();
      }, ms);
      waiting.add(timer);
      return () => {
        waiting.delete(timer);
        clearTimeout(timer);
      };
    },
    stop: () => {
      stopped = true;
      for (const timer of waiting) {
        clearTimeout(timer);
      }
      waiting.clear();
    },
  };
}

/** Everything one sandbox knows and remembers. */
export interface SandboxState {
  readonly identity: Identity;
  /** Complete once the sandbox listens. */
  readonly credentials: () => SandboxCredentials;
  /** Real time in milliseconds: for signatures, never for orders. */
  readonly realNow: () => number;
  readonly clock: BusinessClock;
  readonly orders: OrderBook;
  readonly users: UserBook;
  readonly faults: FaultBook;
  readonly calls: CallLog;
  readonly nonces: NonceBook;
  readonly notifications: NotificationBook;
  readonly timers: Timers;
  /** Aborted when the sandbox stops. */
  readonly closing: AbortSignal;
  /** Replaced as a whole when a rule is changed. */
  rules: SandboxRules;
}

export interface WorldParts {
  readonly identity: Identity;
  readonly credentials: () => SandboxCredentials;
  readonly realNow: () => number;
  readonly rules: SandboxRules;
  readonly onCall: (call: SandboxCall) => void;
  readonly notifyUrl: string | null;
  readonly closing: AbortSignal;
}

export function createWorld({ onCall, notifyUrl, ...parts }: WorldParts): SandboxState {
  const timers = createTimers();
  parts.closing.addEventListener('abort', () => timers.stop());
  return {
    ...parts,
    clock: createBusinessClock(parts.realNow),
    orders: createOrderBook(),
    users: createUserBook(),
    faults: createFaultBook(),
    calls: createCallLog(onCall),
    nonces: createNonceBook(),
    notifications: createNotificationBook(notifyUrl),
    timers,
  };
}
