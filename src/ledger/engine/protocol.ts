import { WrongDataKeyError } from '../data-key-check.ts';
import { NewerSchemaError } from '../database/migrations.ts';
import type { JobName } from '../jobs/jobs.ts';
import { LedgerUnavailableError } from '../ledger.ts';
import type { RunOptions } from './engine.ts';

export interface ThreadData {
  /** Of the SQLite file. */
  readonly path: string;
  readonly dataKey: Uint8Array;
}

/** To the thread, in the order in which the jobs were given. */
export type Request =
  | { readonly id: number; readonly name: 'idle' | 'close' }
  | {
      readonly id: number;
      readonly name: JobName;
      readonly input: unknown;
      readonly options: RunOptions;
    };

/** From the thread, about one request. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ThreadError };

/** The first message of the thread: null once the database is open. */
export interface Opened {
  readonly error: ThreadError | null;
}

/** An error as it crosses the thread: a structured clone would lose its class and its code. */
export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly errcode?: unknown;
  readonly cause?: ThreadError;
}

export function toThreadError(error: unknown): ThreadError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error) };
  }
  return {
    name: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    ...('errcode' in error && { errcode: error.errcode }),
    ...(error.cause !== undefined && { cause: toThreadError(error.cause) }),
  };
}

export function fromThreadError({ name, message, code, errcode, cause }: ThreadError): Error {
  const why = cause && fromThreadError(cause);
  switch (name) {
    case 'LedgerUnavailableError':
      return new LedgerUnavailableError(why);
    case 'NewerSchemaError':
      return new NewerSchemaError(message);
    case 'WrongDataKeyError':
      return new WrongDataKeyError(why);
    default: {
      const error = new Error(message, why === undefined ? undefined : { cause: why });
      const details = {
        ...(code !== undefined && { code }),
        ...(errcode !== undefined && { errcode }),
      };
      return Object.assign(error, { name }, details);
    }
  }
}

/**
 * Collects the jobs of one turn of the loop, and sends them together at its end: each message
 * between threads wakes the other one, and jobs that arrive together share a commit.
 */
export function createBatch<T>(send: (items: readonly T[]) => void): (item: T) => void {
  let items: T[] = [];
  return (item) => {
    if (items.push(item) === 1) {
      setImmediate(() => {
        const batch = items;
        items = [];
        send(batch);
      });
    }
  };
}
