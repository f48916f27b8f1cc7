import { GraphQLError } from 'graphql';
import type { Page } from '../../ledger/jobs/list-records.ts';
import { builder } from '../builder.ts';

/** A page of a Relay connection. */
export interface Connection<Row> {
  readonly edges: readonly { readonly node: Row; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

export const PAGE_SIZE = `How many at most: ${DEFAULT_PAGE} where left out, from 1 to ${MAX_PAGE}.`;
export const AFTER = 'The cursor of the last edge that the caller has: the page begins after it.';

export const PageInfo = builder.objectRef<Connection<unknown>['pageInfo']>('PageInfo').implement({
  description: 'Where a page lies within its connection, as Relay has it.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      nullable: false,
      description: 'Whether there is more after endCursor.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      nullable: false,
      description: 'Whether this page began after a cursor.',
    }),
    startCursor: t.exposeString('startCursor', {
      description: 'Cursor of the first edge; null on an empty page.',
    }),
    endCursor: t.exposeString('endCursor', {
      description: 'Cursor of the last edge: `after` of the next page; null on an empty page.',
    }),
  }),
});

export function connection<Row>(
  { rows, hasNextPage }: Page<Row>,
  cursorOf: (row: Row) => string,
  after: unknown,
): Connection<Row> {
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

/** @throws GraphQLError BAD_USER_INPUT */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) {
    throw badUserInput(`first must be from 1 to ${MAX_PAGE}.`);
  }
  return size;
}

export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** The cursor of an event; 0 where there is none. @throws GraphQLError BAD_USER_INPUT */
export function eventCursor(after: string | number | null | undefined): number {
  const text = String(after ?? '0');
  if (!/^\d{1,15}$/.test(text)) {
    throw badUserInput('after is not a cursor of an event.');
  }
  return Number(text);
}
