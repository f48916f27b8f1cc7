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
      'Changes of orders, as they are recorded: first those stored after the cursor, then live, without gap or duplicate. A caller who acts for one user hears of the orders of that user. A client that was cut off goes on after the last id it has.',
    args: {
      outOrderNo: t.arg.string({ description: '商户服务订单号: of this order alone.' }),
      after: t.arg.id({
        description:
          'The id of the last event that the caller has. Left out: only what comes from now on. An unknown one is refused.',
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
        throw badUserInput('after is not the id of an event.');
      }
      return eventStream(ledger, {
        visibility,
        product: 'PAY_AFTER',
        outOrderNo: outOrderNo ?? null,
        after: cursor,
        // A client that is gone before the stream begins would never end it.
        signal: signal ? AbortSignal.any([stopping, signal]) : stopping,
      });
    },
    resolve: (event) => event,
  }),
);
