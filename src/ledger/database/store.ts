import type { Kysely } from 'kysely';
import type { Tx, Writer } from './group-commit.ts';
import type { Tables } from './tables.ts';

/** Durable storage: SQLite in one file, or PostgreSQL shared by several instances. */
export interface Store extends Writer {
  /** The connection for reads. */
  readonly db: Kysely<Tables>;
  /** Calls back whenever another instance may have appended events. Returns how to stop. */
  readonly onNotify: (callback: () => void) => () => void;
  /** Within a write: notifies the other instances once it is committed. */
  readonly notify: (tx: Tx) => Promise<unknown>;
  /** Waits for pending writes. */
  readonly close: () => Promise<void>;
}
