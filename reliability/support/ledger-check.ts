import { count, type Database } from './databases.ts';
import { type Notification, STATES } from './notifications.ts';

/** The acknowledged notifications in the database. */
export interface LedgerCheck {
  /** Acknowledged, but not in the inbox, or without its event or its state. */
  readonly lost: number;
  /** Orders that reached one state by more than one event. */
  readonly twice: number;
  /** Valid notifications that were treated as contradictions, torn orders, a damaged file. */
  readonly wrong: number;
}

/** Reads inbox, events and orders from outside the server. */
export async function checkLedger(
  database: Database,
  acknowledged: readonly Notification[],
): Promise<LedgerCheck> {
  const [inbox, orders, events] = await Promise.all([
    database.rows('select id, outcome from notifications'),
    database.rows('select out_order_no, state_raw as state, last_event_id from orders'),
    database.rows('select id, out_order_no, state_raw as state from events order by id'),
  ]);
  const outcomes = new Map(inbox.map((row) => [row['id'], row['outcome']]));
  const states = new Map(orders.map((row) => [row['out_order_no'], row['state']]));
  const seen = new Map<string, number>();
  for (const event of events) {
    const key = `${event['out_order_no']} ${event['state']}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  const stands = ({ id, outOrderNo, state }: Notification) => {
    const outcome = outcomes.get(id);
    const ranks: readonly unknown[] = STATES;
    const reached = ranks.indexOf(states.get(outOrderNo)) >= ranks.indexOf(state);
    return reached && (outcome === 'nothing-new' || seen.has(`${outOrderNo} ${state}`));
  };
  const suspicious = await count(
    database,
    "select count(*) from notifications where outcome = 'suspicious'",
  );
  const last = new Map(events.map((event) => [event['out_order_no'], event]));
  const torn = orders.filter(({ out_order_no: number, state, last_event_id: id }) => {
    const event = last.get(number);
    return event?.['state'] !== state || Number(event?.['id']) !== Number(id);
  }).length;
  const damaged = (await database.damage()) === null ? 0 : 1;
  return {
    lost: acknowledged.filter(
      (notification) => !outcomes.has(notification.id) || !stands(notification),
    ).length,
    twice: [...seen.values()].filter((times) => times > 1).length,
    wrong: suspicious + torn + damaged,
  };
}
