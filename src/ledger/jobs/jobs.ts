import { sql } from 'kysely';
import type { Observation, Observed } from '../records.ts';
import { acquireIntent, hasIntent, intentsWithSameInput } from './acquire-intent.ts';
import { applyObservation } from './apply-observation.ts';
import type { WriteContext } from './context.ts';
import { eventsAfter, newestEventId } from './event-log.ts';
import { findOwnership } from './find-ownership.ts';
import { finishIntent, keepIntentOpen, releaseRefused } from './finish-intent.ts';
import { countOrders, findEvent, findRecords, listEvents, listOrders } from './list-records.ts';
import {
  claimDue,
  countOpenIntents,
  finishIntentReconciliation,
  finishOrderReconciliation,
  isAnyDue,
  postponeIntent,
  postponeOrder,
  reconcilerLag,
} from './reconcile.ts';
import { saveNotification } from './save-notification.ts';

/** One transaction each: values in, values out, so that they also run in a worker thread. */
export const READS = {
  hasIntent,
  intentsWithSameInput,
  findOwnership,
  listOrders,
  countOrders,
  findRecords,
  listEvents,
  findEvent,
  eventsAfter,
  newestEventId,
  isAnyDue,
  reconcilerLag,
  countOpenIntents,
};

export const WRITES = {
  acquireIntent,
  finishIntent,
  keepIntentOpen,
  releaseRefused,
  applyObservation: (
    context: WriteContext,
    { observation, now }: { readonly observation: Observation; readonly now: number },
  ): Promise<Observed> => applyObservation(context, observation, now),
  saveNotification,
  claimDue,
  finishIntentReconciliation,
  finishOrderReconciliation,
  postponeIntent,
  postponeOrder,
  probe,
};

const WRITTEN_TABLES = ['orders', 'intents', 'events', 'notifications', 'payments'];

/** Needs what a write needs: the lock of each table, and a row that becomes durable. */
async function probe({ db }: WriteContext): Promise<void> {
  for (const table of WRITTEN_TABLES) {
    await sql`update ${sql.table(table)} set product = product where 1 = 0`.execute(db);
  }
  await sql`update data_key set sealed = sealed`.execute(db);
}

export type ReadName = keyof typeof READS;
export type WriteName = keyof typeof WRITES;

type Jobs = typeof READS & typeof WRITES;

export type JobName = keyof Jobs;
export type JobInput<Name extends JobName> = Parameters<Jobs[Name]>[1];
export type JobOutput<Name extends JobName> = Awaited<ReturnType<Jobs[Name]>>;
