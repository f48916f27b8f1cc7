import type { OrderEvent, RecordedOrder } from '../../ledger/records.ts';
import type { PayAfterOrder, ServiceOrder } from '../../wechat/index.ts';
import { builder } from '../builder.ts';

/** An order as WeChat Pay shows it now. */
export type LiveOrder = PayAfterOrder | ServiceOrder;
export type NodeValue = LiveOrder | RecordedOrder | OrderEvent;

/** The types with an id. */
type NodeType = 'PayAfterOrder' | 'ServiceOrder' | 'OrderRecord' | 'OrderEvent';

export const NodeInterface = builder.interfaceRef<NodeValue>('Node').implement({
  description: 'An object with an id of its own, as Relay and other clients cache it.',
  resolveType: typeOf,
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'The id of the object, unique over all types. Opaque: pass it to `node`, and do not take it apart. It is no cursor and no order number.',
      resolve: idOf,
    }),
  }),
});

function idOf(value: NodeValue): string {
  return 'receivedAt' in value
    ? writeId('OrderEvent', String(value.id))
    : 'createdAt' in value
      ? writeId('OrderRecord', value.product, value.outOrderNo)
      : writeId(liveTypeOf(value), value.appid, value.serviceId, value.outOrderNo);
}

function typeOf(value: NodeValue): NodeType {
  return 'receivedAt' in value
    ? 'OrderEvent'
    : 'createdAt' in value
      ? 'OrderRecord'
      : liveTypeOf(value);
}

/** Which of the two types an order has. */
export function liveTypeOf(order: LiveOrder): 'PayAfterOrder' | 'ServiceOrder' {
  return 'timeRange' in order ? 'ServiceOrder' : 'PayAfterOrder';
}

function writeId(type: NodeType, ...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify([type, ...parts])).toString('base64url');
}

/** The type that an id names, and what identifies the object; undefined if it is no id. */
export function readId(id: string): readonly string[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(id, 'base64url').toString());
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string')
      ? parts
      : undefined;
  } catch {
    return undefined;
  }
}
