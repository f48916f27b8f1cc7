import type { Kysely } from 'kysely';
import type { PayAfterState } from '../domain/pay-after-state.ts';
import type { Visibility } from '../domain/visibility.ts';
import type { EventRow, Tables } from './database/tables.ts';

/** An event with what tells whose it is, at the time of reading. */
export interface LoggedEvent extends EventRow {
  /** Of its order; null where it is not known, or not yet. */
  readonly owner: string | null;
  /** Where it is not known: whose create under this number is still open. */
  readonly claimant: string | null;
}

/** The log after a cursor, oldest first: one read for whoever listens, whatever their number. */
export function eventsAfter(db: Kysely<Tables>, cursor: number) {
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

type EventLog = ReturnType<typeof eventsAfter>;

/** Those that are shown, now or later. */
export function withinReach(log: EventLog, visibility: Visibility): EventLog {
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

/** `later`: it may be theirs; their create of it is not settled. */
export type Sight = 'shown' | 'hidden' | 'later';

export function sightOf(visibility: Visibility, { owner, claimant }: LoggedEvent): Sight {
  if (visibility.kind === 'all' || owner === visibility.owner) {
    return 'shown';
  }
  return owner === null && claimant === visibility.owner ? 'later' : 'hidden';
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
