import type { Kysely, RawBuilder } from 'kysely';
import type { PayAfterState } from '../../domain/pay-after-state.ts';
import type { Visibility } from '../../domain/visibility.ts';
import { compiledQuery, type Params } from '../database/compiled-query.ts';
import type { Tables } from '../database/tables.ts';
import type { LoggedEvent } from '../records.ts';
import type { ReadContext } from './context.ts';
import { orderEvent } from './rows.ts';

/** A part of the event log. */
export interface EventsAfter {
  readonly cursor: number;
  /** Only events that are visible, now or once their order's create is settled. */
  readonly visibility?: Visibility;
  /** Only events of this order. */
  readonly outOrderNo?: string | null;
  readonly limit: number;
}

/** The log after a cursor, oldest first. */
export async function eventsAfter(
  { db }: ReadContext,
  { cursor, visibility, outOrderNo = null, limit }: EventsAfter,
): Promise<readonly LoggedEvent[]> {
  const rows =
    visibility === undefined && outOrderNo === null
      ? await wholeLogAfter(db, { cursor, limit })
      : await partOf(logAfter(db, cursor), visibility, outOrderNo).limit(limit).execute();
  return rows.map((row) => ({ ...orderEvent(row), owner: row.owner, claimant: row.claimant }));
}

/** What every instance reads after each commit. */
const wholeLogAfter = compiledQuery(
  (db, { cursor, limit }: Params<Pick<EventsAfter, 'cursor' | 'limit'>>) =>
    logAfter(db, cursor).limit(limit),
);

function partOf(
  log: EventLog,
  visibility: Visibility | undefined,
  outOrderNo: string | null,
): EventLog {
  const visible = visibility === undefined ? log : visibleIn(log, visibility);
  return outOrderNo === null ? visible : visible.where('events.out_order_no', '=', outOrderNo);
}

function logAfter(db: Kysely<Tables>, cursor: number | RawBuilder<number>) {
  return db
    .selectFrom('events')
    .leftJoin('orders', 'orders.out_order_no', 'events.out_order_no')
    .selectAll('events')
    .select((select) => [
      'orders.owner',
      select
        .selectFrom('intents')
        .select('intents.owner')
        .whereRef('intents.out_order_no', '=', 'events.out_order_no')
        .where('intents.operation', '=', 'create')
        .where('intents.status', '=', 'open')
        .where('orders.owner', 'is', null)
        .limit(1)
        .as('claimant'),
    ])
    .where('events.id', '>', cursor)
    .orderBy('events.id');
}

type EventLog = ReturnType<typeof logAfter>;

function visibleIn(log: EventLog, visibility: Visibility): EventLog {
  if (visibility.kind === 'all') {
    return log;
  }
  const { owner } = visibility;
  return log.where((where) =>
    where.or([
      where('orders.owner', '=', owner),
      where.and([
        where('orders.owner', 'is', null),
        where.exists(
          where
            .selectFrom('intents')
            .select('intents.id')
            .whereRef('intents.out_order_no', '=', 'events.out_order_no')
            .where('intents.operation', '=', 'create')
            .where('intents.status', '=', 'open')
            .where('intents.owner', '=', owner),
        ),
      ]),
    ]),
  );
}

/** The cursor of the newest event; 0 if there is none. */
export async function newestEventId({ db }: ReadContext): Promise<number> {
  const newest = await db
    .selectFrom('events')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst();
  return newest?.id ?? 0;
}

/** The newest recorded state of an order that this server knows; every order begins as CREATED. */
export async function lastKnownState(
  db: Kysely<Tables>,
  outOrderNo: string,
): Promise<PayAfterState> {
  const event = await db
    .selectFrom('events')
    .select('state')
    .where('out_order_no', '=', outOrderNo)
    .where('state', '!=', 'UNKNOWN')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return event?.state ?? 'CREATED';
}
