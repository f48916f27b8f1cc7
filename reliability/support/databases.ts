import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Reads the server's database from outside. */
export interface Database {
  /** For DATABASE_URL. */
  readonly url: string;
  readonly rows: (sql: string) => Promise<Rows>;
  /** Null: undamaged. */
  readonly damage: () => Promise<string | null>;
}

export function sqliteDatabase(path: string): Database {
  const read = (sql: string): Rows => {
    const database = new DatabaseSync(path, { timeout: 5_000 });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  };
  return {
    url: `sqlite:${path}`,
    rows: (sql) => Promise.resolve(read(sql)),
    damage: () => {
      const [row] = read('pragma integrity_check');
      const integrity = String(row?.['integrity_check']);
      return Promise.resolve(integrity === 'ok' ? null : integrity);
    },
  };
}

export function postgresDatabase(url: string): Database {
  const rows = async (sql: string): Promise<Rows> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      const result = await client.query<Record<string, unknown>>(sql);
      return result.rows;
    } finally {
      await client.end();
    }
  };
  return { url, rows, damage: () => Promise.resolve(null) };
}

/** A count, a sum or a maximum, which PostgreSQL gives as text. */
export async function count(database: Database, sql: string): Promise<number> {
  const [row] = await database.rows(sql);
  return Number(Object.values(row ?? {})[0] ?? 0);
}
