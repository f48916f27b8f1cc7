import type { OrderKey } from '../records.ts';
import { EFFECTIVE } from './acquire-intent.ts';
import type { ReadContext } from './context.ts';
import { intentBody } from './rows.ts';

/** Whose order a number belongs to, for one owner. `unowned`: it is recorded without a user. */
export type Ownership = 'own' | 'foreign' | 'unowned' | 'unknown' | Claim;

/** The owner's create is still open: the order is theirs if it is what they sent. */
interface Claim {
  /** The bytes of that create. */
  readonly body: Uint8Array;
  /** Whether an order is recorded under the number, without a user. */
  readonly isRecorded: boolean;
}

export async function findOwnership(
  { db, encryption }: ReadContext,
  { owner, product, outOrderNo }: OrderKey & { readonly owner: string },
): Promise<Ownership> {
  const order = await db
    .selectFrom('orders')
    .select('owner')
    .where('product', '=', product)
    .where('out_order_no', '=', outOrderNo)
    .executeTakeFirst();
  if (order && order.owner !== null) {
    return order.owner === owner ? 'own' : 'foreign';
  }
  const create = await db
    .selectFrom('intents')
    .select(['status', 'body'])
    .where('out_order_no', '=', outOrderNo)
    .where('product', '=', product)
    .where('operation', '=', 'create')
    .where('owner', '=', owner)
    .where('status', 'in', EFFECTIVE)
    .executeTakeFirst();
  if (create) {
    return create.status === 'done'
      ? 'own'
      : { body: intentBody(create, encryption), isRecorded: order !== undefined };
  }
  return order ? 'unowned' : 'unknown';
}
