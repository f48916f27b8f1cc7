import type { Scope } from '../../auth/caller.ts';
import type { Page } from '../../ledger/jobs/list-records.ts';
import { missingScope } from '../authorization.ts';
import type { GraphQLContext } from '../context.ts';
import { badUserInput } from '../query-errors.ts';

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

export const PAGE_SIZE = `Maximum number of elements, from 1 to ${MAX_PAGE}; if omitted, ${DEFAULT_PAGE}.`;
export const AFTER =
  'Returns the elements after this cursor: `endCursor` of the previous page. If omitted, the first page.';

/** A page as a Relay connection. */
export function connection<Row>(
  { rows, hasNextPage }: Page<Row>,
  cursorOf: (row: Row) => string,
  after: unknown,
) {
  const edges = rows.map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: Boolean(after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/**
 * What a page costs, in rows: its own, and for each of them what is selected in it. Also refuses its
 * arguments, and a caller without the scope, before the resolvers of a whole list do it one by one.
 * @param readAfter throws GraphQLError BAD_USER_INPUT
 */
export function rowsOfPage(readAfter: (after: string) => unknown, scope: Scope) {
  return ({ first, after }: PageArguments, context: Pick<GraphQLContext, 'caller'>) => {
    const refused = missingScope(scope, context);
    if (refused) {
      throw refused;
    }
    const rows = pageSize(first);
    if (typeof after === 'string') {
      readAfter(after);
    }
    return { field: rows, multiplier: rows };
  };
}

interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** @throws GraphQLError BAD_USER_INPUT */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) {
    throw badUserInput(`first must be from 1 to ${MAX_PAGE}.`);
  }
  return size;
}

/**
 * The cursor of an event; 0 if there is none.
 * @throws GraphQLError BAD_USER_INPUT
 */
export function eventCursor(after: string | number | null | undefined): number {
  const text = String(after ?? '0');
  if (!/^\d{1,15}$/.test(text)) {
    throw badUserInput('Invalid `after`: use the cursor of an event.');
  }
  return Number(text);
}
