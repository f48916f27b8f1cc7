import { eventStream } from '../../orders/events/event-stream.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { OrderProductEnum } from '../order/enums.ts';
import { badArguments, badUserInput, queried } from '../query-errors.ts';
import { eventCursor } from './connection.ts';
import { OrderEventType } from './order-event.ts';

builder.subscriptionField('orderEvents', (t) =>
  t.field({
    type: OrderEventType,
    ...requireScope('events:read'),
    nullable: false,
    description:
      'Changes of the orders, of both products, that the caller can access: first the recorded ones after the cursor, then live ones, without gaps or duplicates. Requires events:read. The stream does not end by itself, not even after the final status. It ends with an UNAUTHENTICATED error when the credential expires, or without one when the server shuts down. Then, and after a disconnect, subscribe again with the last `cursor` as `after`.',
    args: {
      product: t.arg({
        type: OrderProductEnum,
        description: 'Only events of orders of this product (产品). If omitted, of both.',
      }),
      outOrderNo: t.arg.string({
        description:
          '商户服务订单号: only events of this order. It may be an order that does not exist yet; that of another user has no events. If omitted, events of all orders that the caller can access.',
      }),
      after: t.arg.string({
        description:
          'The cursor of the last event received, or `lastEventCursor` of a record. "0": from the first recorded event on. If omitted, only events recorded from now on. The cursor of no event, or of one that the caller cannot access, is the error BAD_USER_INPUT.',
      }),
    },
    subscribe: async (
      _,
      { product, outOrderNo, after },
      { ledger, visibility, inputRules, log, stopping, signal },
    ) => {
      const issues =
        typeof outOrderNo === 'string' ? orderKeyIssues({ outOrderNo }, inputRules) : [];
      if (issues.length > 0) {
        throw badArguments(issues);
      }
      const cursor = after === null || after === undefined ? null : eventCursor(after);
      // 0 is the cursor before the first event.
      const isKnown =
        cursor === null ||
        cursor === 0 ||
        (await queried(ledger.findEvent(visibility, cursor))) !== null;
      if (!isKnown) {
        throw badUserInput('Invalid `after`: use the cursor of an event.');
      }
      const { eventsAfter, bus } = ledger;
      const source = { eventsAfter, bus, log };
      return eventStream(source, {
        visibility,
        product: product ?? undefined,
        outOrderNo: outOrderNo ?? null,
        after: cursor,
        // A client that disconnected before the stream started would never end it.
        signal: signal ? AbortSignal.any([stopping, signal]) : stopping,
      });
    },
    resolve: (event, _, context) => {
      context.beginEvent();
      return event;
    },
  }),
);
