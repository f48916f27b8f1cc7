import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** The id of a request, in its response and in every log line that it causes. */
export interface RequestIds {
  /**
   * Runs the work of one request.
   * @param given the caller's id; an invalid one is replaced by a generated id
   */
  readonly run: <T>(given: string | null | undefined, work: () => T) => T;
  /** The id of the current request; undefined outside of one. */
  readonly id: () => string | undefined;
}

/** The characters of usual ids and traces, and none that could break a log line or a header. */
const SOUND = /^[\w.:/+=@-]{1,128}$/;

export function createRequestIds(): RequestIds {
  const requests = new AsyncLocalStorage<string>();
  return {
    run: (given, work) => requests.run(given && SOUND.test(given) ? given : randomUUID(), work),
    id: () => requests.getStore(),
  };
}
