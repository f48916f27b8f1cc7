import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { OrderEventQuery } from '../../ledger/jobs/list-records.ts';
import type { OrderKey, RecordedOrder } from '../../ledger/records.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { queried } from '../query-errors.ts';

/** Implemented where its fields are; what it refers to refers to it. */
export const OrderRecordRef = builder.objectRef<RecordedOrder>('OrderRecord');

// The records or events of many orders are one job of the ledger. None are kept: a subscription
// lives long.

const records = createContextCache(
  ({ ledger, visibility }: GraphQLContext) =>
    new DataLoader((keys: readonly OrderKey[]) => ledger.findRecords(visibility, keys), {
      cache: false,
    }),
);

/**
 * The record of an order, if the caller may see it.
 * @throws GraphQLError
 */
export async function loadRecord(
  key: OrderKey,
  context: GraphQLContext,
): Promise<RecordedOrder | null> {
  return await queried(records(context).load(key));
}

const events = createContextCache(
  ({ ledger }: GraphQLContext) =>
    new DataLoader((queries: readonly OrderEventQuery[]) => ledger.listEvents(queries), {
      cache: false,
    }),
);

/**
 * A page of the events of an order.
 * @throws GraphQLError
 */
export async function loadEvents(query: OrderEventQuery, context: GraphQLContext) {
  return await queried(events(context).load(query));
}
