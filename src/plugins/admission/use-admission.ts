import type { Plugin } from 'graphql-yoga';
import { type Caller, type CallerContext, callerOf } from '../../auth/caller.ts';
import { overloaded, overloadedResponse } from '../../http/overloaded.ts';
import type { Admission } from './admission-queue.ts';

export interface UseAdmissionOptions {
  readonly endpoint: string;
  readonly admission: Admission;
  /** Remembers, by its credential, a caller that was rejected: the next time that costs less. */
  readonly onRejected: (authorization: string | null, caller: Caller) => void;
}

/**
 * Rejects an operation that would wait for too long, before its body is read. Only operations are
 * queued. Stores the arrival time on the monotonic clock as `cameMs` in the server's context.
 */
export function useAdmissionQueue({
  endpoint,
  admission,
  onRejected,
}: UseAdmissionOptions): Plugin<object, { cameMs?: number } & CallerContext> {
  const { body, status, headers } = overloadedResponse();
  return {
    onRequest: async ({ request, url, serverContext, endResponse, fetchAPI }) => {
      serverContext.cameMs = performance.now();
      if (url.pathname !== endpoint || request.method === 'OPTIONS') {
        return;
      }
      const caller = callerOf(serverContext);
      if (!(await admission.turn(caller))) {
        onRejected(request.headers.get('authorization'), caller);
        endResponse(new fetchAPI.Response(body, { status, headers }));
      }
    },
  };
}

/**
 * Limits concurrent operations. A slot is acquired after the body was read, so that slow clients
 * hold none, and released with the response: an open subscription holds none either. Register it
 * after every plugin that replaces the executor.
 */
export function useAdmissionSlots({
  admission,
}: Pick<UseAdmissionOptions, 'admission'>): Plugin<CallerContext> {
  return {
    onExecute: ({ executeFn, setExecuteFn }) => {
      const inPlace = async (args: Parameters<typeof executeFn>[0]) => {
        const caller = callerOf(args.contextValue);
        if (!admission.begin(caller)) {
          return { errors: [overloaded()] };
        }
        try {
          return await executeFn(args);
        } finally {
          admission.end(caller);
        }
      };
      setExecuteFn(inPlace);
    },
  };
}
