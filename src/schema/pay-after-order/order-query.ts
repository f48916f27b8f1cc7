import { showIfVisible } from '../../orders/access/ownership.ts';
import { PAY_AFTER_ORDERS } from '../../orders/products/products.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import type { PayAfterOrder, PayAfterOrderQuery } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import {
  APPID,
  BY_ANALOGY,
  ORDER_NUMBER,
  QUERY_ID_PLACES,
  RETURNED_BY_PAGE,
  SERVICE_ID,
} from '../descriptions.ts';
import { toOrderKey } from '../order/order-key.ts';
import { assertValidArguments, reading, withDefaults } from '../resolver.ts';
import { PayAfterOrderType } from './order.ts';

const PayAfterOrderKeyInput = builder.inputType('PayAfterOrderKey', {
  description: `The key of an order: exactly one of the two fields (必填其中一个). ${BY_ANALOGY}`,
  isOneOf: true,
  fields: (t) => ({
    outOrderNo: t.string({
      description: ORDER_NUMBER,
    }),
    queryId: t.string({
      description: `回跳查询ID: the id that the confirmation page of WeChat Pay ${RETURNED_BY_PAGE} WeChat Pay does not document its name for pay-after orders; in similar products it is ${QUERY_ID_PLACES} By analogy: at most 512 characters.`,
    }),
  }),
});

builder.queryField('payAfterOrder', (t) =>
  t.field({
    type: PayAfterOrderType,
    ...requireScope('orders:read'),
    description:
      '查询先享后付订单: the current order, read from WeChat Pay; if the operator has set `ORDER_CACHE_MS`, up to that many milliseconds old. Requires orders:read. Null if there is no such order, or if a caller without orders:any does not own it.',
    args: {
      by: t.arg({
        type: PayAfterOrderKeyInput,
        required: true,
        description: 'Which order: its outOrderNo or its queryId.',
      }),
      serviceId: t.arg.string({ description: SERVICE_ID }),
      appid: t.arg.string({
        description: APPID,
      }),
    },
    resolve: (_, { by, ...ids }, context) =>
      queryPayAfterOrder(
        'payAfterOrder',
        { ...toOrderKey(by), ...withDefaults(ids, context) },
        context,
      ),
  }),
);

/**
 * The order if the caller may see it. Throws GraphQL errors.
 * @param operation the field, for the log
 */
export function queryPayAfterOrder(
  operation: string,
  query: PayAfterOrderQuery,
  context: GraphQLContext,
): Promise<PayAfterOrder | null> {
  assertValidArguments(query, orderKeyIssues(query, context.inputRules), context);
  const outOrderNo = 'outOrderNo' in query ? query.outOrderNo : null;
  return reading(context, { operation, outOrderNo: outOrderNo ?? undefined }, () =>
    showIfVisible(context, PAY_AFTER_ORDERS, outOrderNo, () =>
      context.orderReads.payAfterOrders.load(query),
    ),
  );
}

/**
 * The order after a write to it, with one call per request. Throws GraphQL errors.
 * @param operation the field, for the log
 */
export async function loadOrder(
  operation: string,
  query: PayAfterOrderQuery & { readonly outOrderNo: string },
  context: GraphQLContext,
): Promise<PayAfterOrder | null> {
  const { outOrderNo } = query;
  return await reading(context, { operation, outOrderNo }, () =>
    context.orderReads.payAfterOrders.load(query),
  );
}
