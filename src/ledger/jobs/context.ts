import type { Kysely } from 'kysely';
import type { Tx } from '../database/group-commit.ts';
import type { Tables } from '../database/tables.ts';
import type { Encryption } from '../encryption.ts';

export interface ReadContext {
  readonly db: Kysely<Tables>;
  readonly encryption: Encryption;
}

export interface WriteContext {
  readonly db: Tx;
  readonly encryption: Encryption;
}
