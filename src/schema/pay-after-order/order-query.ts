import { showIfVisible } from '../../orders/access/ownership.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import type { PayAfterOrder, PayAfterOrderKey, PayAfterOrderQuery } from '../../wechat/index.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { APPID, BY_ANALOGY, ORDER_NUMBER, SERVICE_ID } from '../descriptions.ts';
import { badUserInput } from '../query-errors.ts';
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
      description:
        '回跳查询ID: the id that the confirmation page of WeChat Pay passes to your front end if the user leaves it by its return button; that does not mean that the user confirmed. WeChat Pay does not document its name for pay-after orders; in similar products it is `query_id`: in `referrerInfo.extraData` of App.onShow (mini program), in the JSON of `extMsg` (app), in `extraData` of the result (web page inside WeChat). By analogy: at most 64 characters.',
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
    resolve: (_, { by, ...ids }, context) => {
      const key = toKey(by);
      const query = { ...key, ...withDefaults(ids, context) };
      assertValidArguments(query, orderKeyIssues(key, context.inputRules), context);
      const outOrderNo = 'outOrderNo' in key ? key.outOrderNo : null;
      const named = { operation: 'payAfterOrder', outOrderNo: outOrderNo ?? undefined };
      return reading(context, named, () =>
        showIfVisible(context, outOrderNo, () => context.orderReads.load(query)),
      );
    },
  }),
);

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
  return await reading(context, { operation, outOrderNo }, () => context.orderReads.load(query));
}

/** graphql has checked that exactly one is given. */
function toKey({
  outOrderNo,
  queryId,
}: typeof PayAfterOrderKeyInput.$inferInput): PayAfterOrderKey {
  if (typeof outOrderNo === 'string') {
    return { outOrderNo };
  }
  if (typeof queryId === 'string') {
    return { queryId };
  }
  throw badUserInput('Exactly one of outOrderNo and queryId is required.');
}
