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
  /** The id of a request that needs no other work: as `run` would set it. */
  readonly idFor: (given: string | null | undefined) => string;
}

/** The characters of usual ids and traces, and none that could break a log line or a header. */
const SOUND = /^[\w.:/+=@-]{1,128}$/;

export function createRequestIds(): RequestIds {
  const requests = new AsyncLocalStorage<string>();
  return {
    run: (given, work) => requests.run(idFor(given), work),
    id: () => requests.getStore(),
    idFor,
  };
}

function idFor(given: string | null | undefined): string {
  return given && SOUND.test(given) ? given : randomUUID();
}
