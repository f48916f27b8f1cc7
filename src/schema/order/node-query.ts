import { missingScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { queryPayAfterOrder } from '../pay-after-order/order-query.ts';
import { badUserInput } from '../query-errors.ts';
import { queryServiceOrder } from '../service-order/order-query.ts';
import { NodeInterface, type NodeValue, readId } from './node.ts';

builder.queryField('node', (t) =>
  t.field({
    type: NodeInterface,
    description:
      'The object with this id (节点). Requires what the direct way to it requires: orders:read for an order. An order is one read from WeChat Pay. Null if there is no such object, or if a caller without orders:any does not own it.',
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
    default:
      throw badUserInput(NO_ID);
  }
}

const NO_ID = 'Invalid id: use the id of an object, as this server returned it.';

function orderIn(parts: readonly string[], context: GraphQLContext) {
  const refused = missingScope('orders:read', context);
  if (refused) {
    throw refused;
  }
  const [appid, serviceId, outOrderNo] = parts;
  if (appid === undefined || serviceId === undefined || outOrderNo === undefined) {
    throw badUserInput(NO_ID);
  }
  return { appid, serviceId, outOrderNo };
}
