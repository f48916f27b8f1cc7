import { sql } from 'kysely';
import { index } from './carry-over.ts';
import type { StepContext } from './step.ts';

/** Step 4, of version 0.2: what lists of recorded orders are filtered and sorted by. */
export async function recordIndexes(context: StepContext): Promise<void> {
  await index(context, sql`orders_observed on orders (observed_at, out_order_no, product)`);
  await index(
    context,
    sql`orders_conflict on orders (created_at, out_order_no, product)
    where conflict_at is not null`,
  );
  await index(
    context,
    sql`intents_open on intents (operation, created_at, out_order_no, product)
    where status = 'open'`,
  );
  if (context.kind === 'postgres') {
    // A prefix is found only by bytes, whatever the order of the database's own language is.
    await index(context, sql`orders_of_prefix on orders (out_order_no collate "C", product)`);
  }
}
