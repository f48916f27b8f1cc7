import type { Scope } from '../../auth/caller.ts';
import { missingScope } from '../authorization.ts';
import type { GraphQLContext } from '../context.ts';
import { badUserInput } from '../query-errors.ts';

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

export const PAGE_SIZE = `Maximum number of elements, from 1 to ${MAX_PAGE}; if omitted, ${DEFAULT_PAGE}.`;
export const AFTER =
  'Returns the elements after this cursor: `endCursor` of the previous page. If omitted, the first page.';
export const LAST = `The last elements instead of the first, from 1 to ${MAX_PAGE}; not together with \`first\`.`;
export const BEFORE =
  'Returns the elements before this cursor: with `last`, `startCursor` of the current page returns the page before it. If omitted, up to the end.';

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** A page as a Relay connection. */
export function connection<Row>(
  { rows, hasMore }: { readonly rows: readonly Row[]; readonly hasMore: boolean },
  cursorOf: (row: Row) => string,
  { after, last, before }: PageArguments,
) {
  const edges = rows.map((node) => ({ node, cursor: cursorOf(node) }));
  const isFromEnd = isGiven(last);
  return {
    edges,
    pageInfo: {
      hasNextPage: isFromEnd ? isGiven(before) : hasMore,
      hasPreviousPage: isFromEnd ? hasMore : Boolean(after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/**
 * What a page costs, in rows: its own, and for each of them what is selected in it. Also refuses its
 * arguments, and a caller without the scope, before the resolvers of a whole list do it one by one.
 * @param readCursor throws GraphQLError BAD_USER_INPUT
 */
export function rowsOfPage(readCursor: (cursor: string) => unknown, scope: Scope) {
  return (page: PageArguments, context: Pick<GraphQLContext, 'caller'>) => {
    const refused = missingScope(scope, context);
    if (refused) {
      throw refused;
    }
    const { size } = pageSize(page);
    for (const cursor of [page.after, page.before]) {
      if (typeof cursor === 'string') {
        readCursor(cursor);
      }
    }
    return { field: size, multiplier: size };
  };
}

/** @throws GraphQLError BAD_USER_INPUT */
export function pageSize({ first, last }: Pick<PageArguments, 'first' | 'last'>): {
  readonly from: 'first' | 'last';
  readonly size: number;
} {
  if (isGiven(first) && isGiven(last)) {
    throw badUserInput('Only one of first and last is allowed.');
  }
  const from = isGiven(last) ? 'last' : 'first';
  const size = last ?? first ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) {
    throw badUserInput(`${from} must be from 1 to ${MAX_PAGE}.`);
  }
  return { from, size };
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

/**
 * The cursor of an event; 0 if there is none.
 * @throws GraphQLError BAD_USER_INPUT
 */
export function eventCursor(after: string | null | undefined): number {
  const text = after ?? '0';
  if (!/^\d{1,15}$/.test(text)) {
    throw badUserInput('Invalid `after`: use the cursor of an event.');
  }
  return Number(text);
}
