import { describe, expect, test } from 'vitest';
import { createHttpServer } from '../../src/http/server.ts';
import { MOST_ISSUES } from '../../src/orders/rules/field-rules.ts';
import {
  MAX_BODIES,
  MAX_ROWS,
  MAX_ROWS_PER_EVENT,
  ROWS_PER_CALL,
} from '../../src/plugins/admission/use-rate-limit.ts';
import { documentProblems } from '../../src/plugins/documents/use-document-limits.ts';
import { MOST_ELEMENTS } from '../../src/plugins/documents/use-safe-errors.ts';
import { createUpstreamBudget } from '../../src/schema/context.ts';
import { schema } from '../../src/schema/index.ts';
import { attemptTimeout, MAX_ATTEMPTS } from '../../src/wechat/calls/retry-policy.ts';
import { DEFAULT_RESILIENCE } from '../../src/wechat/options.ts';
import { read } from '../fixtures/docs/documents.ts';
import { rowsOf } from '../fixtures/docs/tables.ts';

const PAGE = 'docs/reference/limits.md';

describe('the reference of limits shows the figures of', () => {
  test('documents', () => {
    const tooMuch = `query { ${fields(9)} ${repeated(11, (n) => `a${n}: __typename @x`)} } mutation { a: x b: y }`;
    const messages = documentProblems(schema, tooMuch);
    const most = (what: string) =>
      messages
        .map((message) => new RegExp(`at most (\\d+) ${what}`).exec(message)?.[1])
        .find(Boolean);
    const [tooWide = ''] = documentProblems(schema, ' '.repeat(65_536));
    const [, characters, lines] = /at most (\d+) characters in (\d+) lines/.exec(tooWide) ?? [];
    expect(figure('Limit', 'Lines of a document')).toBe(Number(lines).toLocaleString('en'));
    expect(figure('Limit', 'Characters of a document')).toBe(
      Number(characters).toLocaleString('en'),
    );
    const [tooLong = ''] = documentProblems(schema, `{ ${'a '.repeat(2_000)}}`);
    const [, tokens] = /more than (\d+) tokens/.exec(tooLong) ?? [];
    expect(figure('Limit', 'Tokens of a document')).toBe(Number(tokens).toLocaleString('en'));
    expect(figure('Limit', 'Nested fields')).toMatch(
      new RegExp(`^${most('fields within fields')};`),
    );
    expect(figure('Limit', 'Aliases')).toBe(most('aliases'));
    expect(figure('Limit', 'Directives')).toBe(most('directives'));
    expect(figure('Limit', 'Root fields of a query')).toBe(most('root fields in a query'));
    expect(figure('Limit', 'Root fields of a mutation')).toBe(most('root field in a mutation'));
  });

  test('lists in variables', () => {
    expect(figure('Limit', 'Elements of all lists in the variables of an operation')).toBe(
      String(MOST_ELEMENTS),
    );
  });

  test('input issues', () => {
    expect(figure('Limit', 'Issues reported per input')).toMatch(new RegExp(`^${MOST_ISSUES},`));
  });

  test('calls to WeChat Pay in one request', () => {
    const calls = createUpstreamBudget(() => {});
    expect(count(calls.read)).toBe(Number(figure('Limit', 'Reads at WeChat Pay per request')));
    expect(count(calls.write)).toBe(Number(figure('Limit', 'Writes at WeChat Pay per request')));
  });

  test('rows of the ledger in one operation', () => {
    expect(figure('Limit', 'Rows of the ledger per operation')).toBe(MAX_ROWS.toLocaleString('en'));
    expect(figure('Limit', 'Rows of the ledger for each event of a subscription')).toBe(
      String(MAX_ROWS_PER_EVENT),
    );
    const { description } = schema.getQueryType()?.getFields()['orderRecords'] ?? {};
    expect(description).toContain(`more than ${MAX_ROWS.toLocaleString('en')} rows`);
    expect(read(PAGE)).toContain(`Each further ${ROWS_PER_CALL} rows are charged as a call.`);
  });

  test('bodies that are being read', () => {
    expect(figure('Limit', 'Bodies that are being read')).toBe(MAX_BODIES.toLocaleString('en'));
  });

  test('connections', () => {
    const server = createHttpServer(() => {});
    expect(figure('Connection limit', 'Request headers complete within')).toBe(
      `${server.headersTimeout / 1_000} s`,
    );
    expect(figure('Connection limit', 'Whole request within')).toBe(
      `${server.requestTimeout / 1_000} s`,
    );
    expect(figure('Connection limit', 'A response that the client does not read')).toBe(
      `${server.timeout / 1_000}–${(2 * server.timeout) / 1_000} s`,
    );
    expect(figure('Connection limit', 'Open connections')).toBe(
      server.maxConnections.toLocaleString('en'),
    );
    server.close();
  });

  test('calls to WeChat Pay', () => {
    const { retryShare, maxRetries, breakerAttempts, breakerShare, breakerOpenMs } =
      DEFAULT_RESILIENCE;
    expect(figure('Call limit', 'Attempts per call')).toBe(String(MAX_ATTEMPTS));
    expect(figure('Call limit', 'One attempt')).toContain(
      `${attemptTimeout(60_000, 60_000) / 1_000} s`,
    );
    expect(figure('Call limit', 'Retries within 10 s, all callers together')).toBe(
      `${maxRetries}, or ${100 * retryShare} % of the calls if that is more`,
    );
    expect(figure('Call limit', 'Circuit breaker opens at')).toBe(
      `${100 * breakerShare} % of at least ${breakerAttempts} attempts within 10 s failed`,
    );
    expect(figure('Call limit', 'Circuit breaker stays open for')).toBe(
      `${breakerOpenMs / 1_000} s`,
    );
  });
});

function figure(head: string, limit: string): string {
  const row = rowsOf(PAGE, head).find(([name]) => name === limit);
  if (row === undefined) {
    throw new Error(`${PAGE} has no row "${limit}".`);
  }
  return row[1] ?? '';
}

/** How often it may be called before it throws. */
function count(call: () => void): number {
  let called = 0;
  try {
    for (;;) {
      call();
      called += 1;
    }
  } catch {
    return called;
  }
}

function fields(depth: number): string {
  return `${'f { '.repeat(depth)}g${' }'.repeat(depth)}`;
}

function repeated(times: number, text: (n: number) => string): string {
  return Array.from({ length: times }, (_, n) => text(n)).join(' ');
}
