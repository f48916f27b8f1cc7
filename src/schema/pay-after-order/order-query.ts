import { showIfVisible } from '../../orders/access/ownership.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import type { PayAfterOrder, PayAfterOrderKey, PayAfterOrderQuery } from '../../wechat/index.ts';
import { assertValidArguments, withDefaults } from '../arguments.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { expectedCode } from '../errors.ts';
import { badUserInput, queryError } from '../query-errors.ts';
import { PayAfterOrderType } from './order.ts';

const PayAfterOrderKeyInput = builder.inputType('PayAfterOrderKey', {
  description: 'Which order: exactly one of the two, as WeChat Pay has it (必填其中一个).',
  isOneOf: true,
  fields: (t) => ({
    outOrderNo: t.string({
      description:
        "商户服务订单号: the merchant's own number. By analogy: up to 32 digits, letters and _ - | *.",
    }),
    queryId: t.string({
      description:
        '回跳查询ID: what the page of WeChat Pay hands back to the front end when the user leaves it by its button. By analogy: at most 64 characters.',
    }),
  }),
});

builder.queryField('payAfterOrder', (t) =>
  t.field({
    type: PayAfterOrderType,
    ...requireScope('orders:read'),
    description:
      '查询先享后付订单, live from WeChat Pay. Null when WeChat Pay knows no such order, or the caller may not know of it. The same order asked for several times in one request costs one call.',
    args: {
      by: t.arg({
        type: PayAfterOrderKeyInput,
        required: true,
        description: 'The order, by either of its numbers.',
      }),
      serviceId: t.arg.string({ description: '服务ID; left out, the configured one.' }),
      appid: t.arg.string({
        description: '应用ID that the order was made with; left out, the configured one.',
      }),
    },
    resolve: (_, { by, ...ids }, context) => {
      const key = toKey(by);
      const query = { ...key, ...withDefaults(ids, context) };
      assertValidArguments(query, orderKeyIssues(key, context.inputRules), context);
      const outOrderNo = 'outOrderNo' in key ? key.outOrderNo : null;
      return showIfVisible(context, outOrderNo, () => loadOrder(query, context));
    },
  }),
);

/** One order, live, at one call per request; the caller must be known to reach it. Throws GraphQL errors. */
export async function loadOrder(
  query: PayAfterOrderQuery,
  { orderReads }: GraphQLContext,
): Promise<PayAfterOrder | null> {
  try {
    return await orderReads.load(query);
  } catch (error) {
    throw queryError(error);
  }
}

/** What was loaded before a write is not how the order stands after it. */
export async function writing<T>(
  { calls, outcome, orderReads, sharedQueries }: GraphQLContext,
  { outOrderNo }: { readonly outOrderNo: string },
  write: () => Promise<T>,
): Promise<T> {
  try {
    calls.write();
    return await write();
  } catch (error) {
    outcome.refusal = expectedCode(error);
    throw error;
  } finally {
    orderReads.clear();
    sharedQueries.forget(outOrderNo);
  }
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
