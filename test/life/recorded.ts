import type { Life } from './fixture.ts';
import { at, listAt } from './json.ts';

/** State and source of every recorded event of an order, oldest first. */
export async function recordedEvents(
  { run }: Pick<Life, 'run'>,
  outOrderNo: string,
): Promise<readonly string[]> {
  const answer = await run(
    '{ payAfterOrders(first: 100) { edges { node { outOrderNo events { edges { node { state source } } } } } } }',
  );
  const edges = listAt(answer, 'data', 'payAfterOrders', 'edges');
  const order = edges.find((edge) => at(edge, 'node', 'outOrderNo') === outOrderNo);
  const events = order === undefined ? [] : listAt(order, 'node', 'events', 'edges');
  return events.map((edge) => `${at(edge, 'node', 'state')} ${at(edge, 'node', 'source')}`);
}
