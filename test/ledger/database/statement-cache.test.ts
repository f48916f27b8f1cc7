import { describe, expect, test } from 'vitest';
import { createStatementCache } from '../../../src/ledger/database/sqlite/statement-cache.ts';

describe('a statement', () => {
  const recorded = (kept: number) => {
    const prepared: string[] = [];
    const statement = createStatementCache((sql) => {
      prepared.push(sql);
      return { sql };
    }, kept);
    return { prepared, statement };
  };

  test('is prepared once for as long as it is kept', () => {
    const { prepared, statement } = recorded(2);
    expect(statement('a')).toBe(statement('a'));
    expect(prepared).toEqual(['a']);
  });

  test('that was used longest ago goes first, so that there are never more than so many', () => {
    const { prepared, statement } = recorded(2);
    for (const sql of ['a', 'b', 'a', 'c', 'a', 'b']) {
      expect(statement(sql)).toEqual({ sql });
    }
    expect(prepared).toEqual(['a', 'b', 'c', 'b']);
  });
});
