import type { Store } from './database/open-store.ts';
import type { Encryption } from './encryption.ts';

/**
 * The database was encrypted with another key: set DATA_KEY to the key that it was created with.
 */
export class WrongDataKeyError extends Error {
  override readonly name = 'WrongDataKeyError';

  constructor(cause: unknown) {
    super(
      'DATA_KEY is not the key of this database: set the key that it was created with, or another DATABASE_URL.',
      { cause },
    );
  }
}

const KIND = 'data key check';
const WORD = 'payafter';

/**
 * Stores an encrypted constant in a new database, and decrypts it in an existing one: with another
 * key every repeat would look like different input, and no stored body could be sent again.
 * @throws WrongDataKeyError
 */
export function checkDataKey(
  { write }: Pick<Store, 'write'>,
  encryption: Encryption,
): Promise<void> {
  return write(async (tx) => {
    const known = await tx.selectFrom('data_key').select('sealed').executeTakeFirst();
    if (known === undefined) {
      await tx
        .insertInto('data_key')
        .values({ sealed: encryption.encrypt(WORD, KIND) })
        .execute();
      return;
    }
    try {
      encryption.decrypt(known.sealed, KIND);
    } catch (cause) {
      throw new WrongDataKeyError(cause);
    }
  });
}
