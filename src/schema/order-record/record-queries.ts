import type { OrderCursor, RecordOrder } from '../../ledger/jobs/list-records.ts';
import type { RecordedOrder } from '../../ledger/records.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import { forbidden, requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { OrderProductEnum, OrderStatusEnum } from '../order/enums.ts';
import { badArguments, badUserInput, queried } from '../query-errors.ts';
import { AFTER, BEFORE, connection, LAST, PAGE_SIZE, pageSize, rowsOfPage } from './connection.ts';
import { OrderRecordOrderEnum } from './enums.ts';
import { loadRecord, OrderRecordRef } from './record-loader.ts';

/** Orders that are counted; more cost too much. */
const MOST_COUNTED = 10_000;

builder.queryField('orderRecord', (t) =>
  t.field({
    type: OrderRecordRef,
    ...requireScope('orders:read'),
    complexity: 1,
    description:
      'One order as recorded by this server (订单记录), without a call to WeChat Pay. Requires orders:read. Null if it is not recorded, or if a caller without orders:any does not own it.',
    args: {
      outOrderNo: t.arg.string({
        required: true,
        description: "商户服务订单号: the merchant's own order number.",
      }),
      product: t.arg({
        type: OrderProductEnum,
        required: true,
        defaultValue: 'PAY_AFTER',
        description: 'Which product the order belongs to (产品).',
      }),
    },
    resolve: async (_, { outOrderNo, product }, context) => {
      const issues = orderKeyIssues({ outOrderNo }, context.inputRules);
      if (issues.length > 0) {
        throw badArguments(issues);
      }
      return await loadRecord({ product, outOrderNo }, context);
    },
  }),
);

const Filter = builder.inputType('OrderRecordFilter', {
  description: 'Which recorded orders; an omitted field matches all of them.',
  fields: (t) => ({
    outOrderNo: t.string({ description: '商户服务订单号: only orders with this number.' }),
    outOrderNoPrefix: t.string({
      description:
        '商户服务订单号: only orders whose number begins with this text. Upper and lower case differ.',
    }),
    product: t.field({
      type: OrderProductEnum,
      description: 'Only orders of this product (产品).',
    }),
    statuses: t.field({
      type: [OrderStatusEnum],
      description:
        'Only orders in one of these statuses (订单状态); an empty list matches nothing.',
    }),
    serviceId: t.string({ description: 'Only orders of this service (服务ID).' }),
    transactionId: t.string({
      description: '微信支付交易单号: only the order with this payment through WeChat Pay.',
    }),
    openid: t.string({
      description:
        '用户标识: only orders of this user. Requires orders:any, else the error FORBIDDEN. The server stores only a keyed hash of it, and compares that.',
    }),
    createdFrom: t.field({
      type: 'DateTime',
      description: 'Only orders first recorded at or after this time.',
    }),
    createdBefore: t.field({
      type: 'DateTime',
      description: 'Only orders first recorded before this time.',
    }),
    hasOpenWrite: t.boolean({
      description:
        'True: only orders with a write that may have taken effect, but is not known to. False: only those without.',
    }),
    hasConflict: t.boolean({
      description:
        'True: only orders of which a webhook or a response of WeChat Pay ever contradicted the record, and was not applied: query the current `order`, and let the operator of this server look it up in the merchant platform. False: only those without.',
    }),
  }),
});

const RecordEdge = builder.edgeObject({
  type: OrderRecordRef,
  name: 'OrderRecordEdge',
  description: 'A recorded order and its cursor.',
  nodeField: { description: 'The order.' },
});

interface RecordPage extends ReturnType<typeof connection<RecordedOrder>> {
  /** Counts all orders of the list; null if there are too many. */
  readonly count: () => Promise<number | null>;
}

const RecordConnection = builder.objectRef<RecordPage>('OrderRecordConnection').implement({
  description: 'A page of recorded orders.',
  fields: (t) => ({
    edges: t.expose('edges', {
      type: [RecordEdge],
      nullable: false,
      description: 'The elements of the page.',
    }),
    nodes: t.field({
      type: [OrderRecordRef],
      nullable: false,
      description: 'The elements of the page, without their cursors.',
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.expose('pageInfo', {
      type: builder.pageInfoRef(),
      nullable: false,
      description: 'Pagination information.',
    }),
    totalCount: t.int({
      // For each row of the page: it costs as much again.
      complexity: 1,
      description: `How many orders match the filter, on all pages. Null above ${MOST_COUNTED.toLocaleString('en-US')}. They are counted only if you select it.`,
      resolve: ({ count }) => count(),
    }),
  }),
});

builder.queryField('orderRecords', (t) =>
  t.field({
    type: RecordConnection,
    ...requireScope('orders:read'),
    complexity: (args, context) =>
      rowsOfPage((cursor) => readCursor(cursor, args.orderBy), 'orders:read')(args, context),
    nullable: false,
    description:
      'Orders recorded by this server (created through it, or seen in a webhook or query), of both products. They may be outdated: WeChat Pay is not called. Requires orders:read. A caller without orders:any gets only its own orders. A request for more than 1,000 rows is BAD_USER_INPUT: `first` or `last` of the orders, and for each of them that of its events (20 if omitted), whatever is found.',
    args: {
      filter: t.arg({
        type: Filter,
        description: 'Which orders; if omitted, all that the caller can access.',
      }),
      orderBy: t.arg({
        type: OrderRecordOrderEnum,
        required: true,
        defaultValue: 'CREATED_DESC',
        description: 'How the list is sorted.',
      }),
      first: t.arg.int({ description: PAGE_SIZE }),
      after: t.arg.string({ description: AFTER }),
      last: t.arg.int({ description: LAST }),
      before: t.arg.string({ description: BEFORE }),
    },
    resolve: async (_, { filter, orderBy, ...page }, context) => {
      const { ledger, visibility } = context;
      const selection = { visibility, filter: recordFilter(filter ?? {}, context) };
      const listed = ledger.listOrders({
        ...selection,
        orderBy,
        ...pageSize(page),
        after: typeof page.after === 'string' ? readCursor(page.after, orderBy) : null,
        before: typeof page.before === 'string' ? readCursor(page.before, orderBy) : null,
      });
      // Under several names it is counted once.
      let count: Promise<number | null> | undefined;
      return {
        ...connection(await queried(listed), (record) => writeCursor(record, orderBy), page),
        count: () => {
          count ??= queried(ledger.countOrders({ ...selection, most: MOST_COUNTED }));
          return count;
        },
      };
    },
  }),
);

/** @throws GraphQLError */
function recordFilter(
  { openid, ...filter }: typeof Filter.$inferInput,
  { caller, ledger }: GraphQLContext,
) {
  for (const [name, value] of Object.entries({ openid, ...filter })) {
    if (typeof value === 'string' && value.includes('\0')) {
      throw badUserInput(`Invalid ${name}: it contains a character that is not allowed.`);
    }
  }
  if (typeof openid !== 'string') {
    return filter;
  }
  if (!caller.scopes.has('orders:any')) {
    throw forbidden('The filter openid requires the scope orders:any.');
  }
  return { ...filter, owner: ledger.ownerOf(openid) };
}

/** What a list is sorted by, in its cursors: one of another list would begin anywhere. */
const MARK: Readonly<Record<RecordOrder, 'c' | 'o'>> = {
  CREATED_DESC: 'c',
  CREATED_ASC: 'c',
  OBSERVED_DESC: 'o',
};

function writeCursor(record: RecordedOrder, orderBy: RecordOrder): string {
  const { createdAt, observedAt, product, outOrderNo } = record;
  const mark = MARK[orderBy];
  const at = mark === 'c' ? createdAt : observedAt;
  return Buffer.from(`${mark}${at} ${product} ${outOrderNo}`).toString('base64url');
}

/** @throws GraphQLError BAD_USER_INPUT */
function readCursor(cursor: string, orderBy: RecordOrder): OrderCursor {
  const [, mark, at, product, outOrderNo] =
    /^([co])(\d{1,15}) (PAY_AFTER|SERVICE_ORDER) ([^\0]+)$/.exec(
      Buffer.from(cursor, 'base64url').toString(),
    ) ?? [];
  if (mark !== MARK[orderBy] || at === undefined || outOrderNo === undefined) {
    throw badUserInput('Invalid cursor: use one of this list, sorted as it was.');
  }
  return {
    at: Number(at),
    product: product === 'SERVICE_ORDER' ? product : 'PAY_AFTER',
    outOrderNo,
  };
}
