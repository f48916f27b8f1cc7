import { type BusinessClock, createBusinessClock } from './clock.ts';
import { createFaultStore, type FaultStore } from './faults/fault.ts';
import { type CallLog, createCallLog, type SandboxCall } from './http/call-log.ts';
import type { Identity, SandboxCredentials } from './identity.ts';
import { createNotificationStore, type NotificationStore } from './notifications/queue.ts';
import { createOrderStore, type OrderStore } from './orders/orders.ts';
import { createUserStore, type UserStore } from './orders/users.ts';
import type { SandboxRules } from './rules.ts';
import {
  createPermissionStore,
  type PermissionStore,
} from './service-orders/permissions/permission.ts';
import { createServiceOrderStore, type ServiceOrderStore } from './service-orders/service-order.ts';
import { createNonceStore, type NonceStore } from './wechat/authorization.ts';

/** The timers of a sandbox. No callback runs after it has stopped. */
interface Timers {
  /**
   * Runs a callback after this many milliseconds of real time; the function it returns cancels it.
   */
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

/** The state of one sandbox. */
export interface SandboxState {
  readonly identity: Identity;
  /** Complete once the sandbox listens. */
  readonly credentials: () => SandboxCredentials;
  /** Real time in milliseconds: for signatures, never for orders. */
  readonly realNow: () => number;
  readonly clock: BusinessClock;
  readonly orders: OrderStore;
  readonly serviceOrders: ServiceOrderStore;
  readonly permissions: PermissionStore;
  readonly users: UserStore;
  readonly faults: FaultStore;
  readonly calls: CallLog;
  readonly nonces: NonceStore;
  readonly notifications: NotificationStore;
  readonly timers: Timers;
  /** Aborted when the sandbox stops. */
  readonly closing: AbortSignal;
  /** Replaced as a whole when a rule changes. */
  rules: SandboxRules;
}

export interface SandboxParts {
  readonly identity: Identity;
  readonly credentials: () => SandboxCredentials;
  readonly realNow: () => number;
  readonly rules: SandboxRules;
  readonly onCall: (call: SandboxCall) => void;
  readonly notifyUrl: string | null;
  readonly closing: AbortSignal;
}

export function createSandboxState({ onCall, notifyUrl, ...parts }: SandboxParts): SandboxState {
  const timers = createTimers();
  parts.closing.addEventListener('abort', () => timers.stop());
  return {
    ...parts,
    clock: createBusinessClock(parts.realNow),
    orders: createOrderStore(),
    serviceOrders: createServiceOrderStore(),
    permissions: createPermissionStore(),
    users: createUserStore(),
    faults: createFaultStore(),
    calls: createCallLog(onCall),
    nonces: createNonceStore(),
    notifications: createNotificationStore(notifyUrl),
    timers,
  };
}
