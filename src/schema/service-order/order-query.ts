import { showIfVisible } from '../../orders/access/ownership.ts';
import { SERVICE_ORDERS } from '../../orders/products/products.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import type { OrderQuery, ServiceOrder } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { APPID, QUERY_ID_PLACES, RETURNED_BY_PAGE, SERVICE_ID } from '../descriptions.ts';
import { toOrderKey } from '../order/order-key.ts';
import { assertValidArguments, reading, withDefaults } from '../resolver.ts';
import { SERVICE_ORDER_NUMBER } from './input-parts.ts';
import { ServiceOrderType } from './service-order.ts';

const ServiceOrderKeyInput = builder.inputType('ServiceOrderKey', {
  description: 'The key of a service order: exactly one of the two fields (二选一).',
  isOneOf: true,
  fields: (t) => ({
    outOrderNo: t.string({ description: SERVICE_ORDER_NUMBER }),
    queryId: t.string({
      description: `回跳查询ID: the id that the confirmation page of WeChat Pay ${RETURNED_BY_PAGE} It is ${QUERY_ID_PLACES} WeChat Pay advises to query by outOrderNo. At most 512 characters.`,
    }),
  }),
});

builder.queryField('serviceOrder', (t) =>
  t.field({
    type: ServiceOrderType,
    ...requireScope('orders:read'),
    description:
      '查询支付分订单: the current service order, read from WeChat Pay; if the operator has set `ORDER_CACHE_MS`, up to that many milliseconds old. Requires orders:read. Null if there is no such order, or if a caller without orders:any does not own it.',
    args: {
      by: t.arg({
        type: ServiceOrderKeyInput,
        required: true,
        description: 'Which order: its outOrderNo or its queryId.',
      }),
      serviceId: t.arg.string({ description: SERVICE_ID }),
      appid: t.arg.string({ description: APPID }),
    },
    resolve: (_, { by, ...ids }, context) =>
      queryServiceOrder(
        'serviceOrder',
        { ...toOrderKey(by), ...withDefaults(ids, context) },
        context,
      ),
  }),
);

/**
 * The order if the caller may see it. Throws GraphQL errors.
 * @param operation the field, for the log
 */
export function queryServiceOrder(
  operation: string,
  query: OrderQuery,
  context: GraphQLContext,
): Promise<ServiceOrder | null> {
  assertValidArguments(query, orderKeyIssues(query, context.inputRules, 'confirmed'), context);
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : null;
  return reading(context, { operation, outOrderNo: outOrderNo ?? undefined }, () =>
    showIfVisible(context, SERVICE_ORDERS, outOrderNo, () =>
      context.orderReads.serviceOrders.load(query),
    ),
  );
}
