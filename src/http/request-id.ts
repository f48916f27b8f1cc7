import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What a request is called, in its answer and in every log line that is written because of it. */
export interface RequestIds {
  /**
   * Does the work of one request.
   * @param given how the caller calls it; where that is no sound name it gets one of ours
   */
  readonly run: <T>(given: string | null | undefined, work: () => T) => T;
  /** Of the request whose work is being done; undefined outside of one. */
  readonly id: () => string | undefined;
}

/** Whatever ids and traces are made of, and nothing that could break a line or a header. */
const SOUND = /^[\w.:/+=@-]{1,128}$/;

export function createRequestIds(): RequestIds {
  const requests = new AsyncLocalStorage<string>();
  return {
    run: (given, work) => requests.run(given && SOUND.test(given) ? given : randomUUID(), work),
    id: () => requests.getStore(),
  };
}
