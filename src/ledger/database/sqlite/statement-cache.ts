const KEPT = 128;

/**
 * Statements are kept by their text, the ones used last: to prepare one costs several times what it
 * costs to run it. Those that run to their end at each use may be shared.
 */
export function createStatementCache<T>(
  prepare: (sql: string) => T,
  kept: number = KEPT,
): (sql: string) => T {
  const statements = new Map<string, T>();
  return (sql) => {
    const statement = statements.get(sql) ?? prepare(sql);
    statements.delete(sql);
    statements.set(sql, statement);
    const [oldest] = statements.size > kept ? statements.keys() : [];
    if (oldest !== undefined) {
      statements.delete(oldest);
    }
    return statement;
  };
}
