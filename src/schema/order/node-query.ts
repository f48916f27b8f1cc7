import type { Scope } from '../../auth/caller.ts';
import type { OrderKey } from '../../ledger/records.ts';
import { missingScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { loadRecord } from '../order-record/record-loader.ts';
import { queryPayAfterOrder } from '../pay-after-order/order-query.ts';
import { badUserInput, queried } from '../query-errors.ts';
import { queryServiceOrder } from '../service-order/order-query.ts';
import { NodeInterface, type NodeValue, readId } from './node.ts';

builder.queryField('node', (t) =>
  t.field({
    type: NodeInterface,
    complexity: 1,
    description:
      'The object with this id (节点). Requires the scope that the type requires elsewhere: orders:read for an order or its record, events:read for an event. An order is one read from WeChat Pay. Null if there is no such object, or if a caller without orders:any does not own it.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The id of an object, as this server returned it.',
      }),
    },
    resolve: (_, { id }, context) => findNode(String(id), context),
  }),
);

async function findNode(id: string, context: GraphQLContext): Promise<NodeValue | null> {
  const [type, ...parts] = readId(id) ?? [];
  switch (type) {
    case 'PayAfterOrder':
      return await queryPayAfterOrder('node', orderIn(parts, context), context);
    case 'ServiceOrder':
      return await queryServiceOrder('node', orderIn(parts, context), context);
    case 'OrderRecord': {
      requires('orders:read', context);
      return await loadRecord(keyIn(parts), context);
    }
    case 'OrderEvent': {
      requires('events:read', context);
      const { ledger, visibility } = context;
      return await queried(ledger.findEvent(visibility, cursorIn(parts)));
    }
    default:
      throw badUserInput(NO_ID);
  }
}

const NO_ID = 'Invalid id: use the id of an object, as this server returned it.';

function requires(scope: Scope, context: GraphQLContext): void {
  const refused = missingScope(scope, context);
  if (refused) {
    throw refused;
  }
}

function keyIn([product, outOrderNo]: readonly string[]): OrderKey {
  const isKnown = product === 'PAY_AFTER' || product === 'SERVICE_ORDER';
  if (!isKnown || outOrderNo === undefined || outOrderNo.includes('\0')) {
    throw badUserInput(NO_ID);
  }
  return { product, outOrderNo };
}

function cursorIn([cursor]: readonly string[]): number {
  if (cursor === undefined || !/^\d{1,15}$/.test(cursor)) {
    throw badUserInput(NO_ID);
  }
  return Number(cursor);
}

function orderIn(parts: readonly string[], context: GraphQLContext) {
  requires('orders:read', context);
  const [appid, serviceId, outOrderNo] = parts;
  if (appid === undefined || serviceId === undefined || outOrderNo === undefined) {
    throw badUserInput(NO_ID);
  }
  return { appid, serviceId, outOrderNo };
}
