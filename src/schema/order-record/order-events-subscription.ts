import { eventStream } from '../../orders/events/event-stream.ts';
import { orderKeyIssues } from '../../orders/rules/field-rules.ts';
import { requireScope } from '../authorization.ts';
import { builder } from '../builder.ts';
import { badArguments, badUserInput } from '../query-errors.ts';
import { eventCursor } from './connection.ts';
import { PayAfterOrderEvent } from './order-event.ts';

builder.subscriptionField('payAfterOrderEvents', (t) =>
  t.field({
    type: PayAfterOrderEvent,
    ...requireScope('events:read'),
    nullable: false,
    description:
      'State changes of all orders that the caller may read: first the recorded ones after the cursor, then live ones, without gaps or duplicates. Requires events:read. After a disconnect, resume with the last `id` as `after`.',
    args: {
      outOrderNo: t.arg.string({
        description:
          '商户服务订单号: only events of this order. If omitted, events of all orders that the caller may read.',
      }),
      after: t.arg.id({
        description:
          'The id of the last event received. If omitted, only new events. An id that the caller may not read is the error BAD_USER_INPUT.',
      }),
    },
    subscribe: async (
      _,
      { outOrderNo, after },
      { ledger, visibility, inputRules, stopping, signal },
    ) => {
      const issues =
        typeof outOrderNo === 'string' ? orderKeyIssues({ outOrderNo }, inputRules) : [];
      if (issues.length > 0) {
        throw badArguments(issues);
      }
      const cursor = after === null || after === undefined ? null : eventCursor(after);
      if (cursor !== null && !(await ledger.eventExists(visibility, cursor))) {
        throw badUserInput('Invalid `after`: use the id of an event.');
      }
      return eventStream(ledger, {
        visibility,
        product: 'PAY_AFTER',
        outOrderNo: outOrderNo ?? null,
        after: cursor,
        // A client that disconnected before the stream started would never end it.
        signal: signal ? AbortSignal.any([stopping, signal]) : stopping,
      });
    },
    resolve: (event) => event,
  }),
);
