import type { Ledger } from './ledger.ts';

/** How many writes to WeChat nobody knows the outcome of, or are under way; by an index. */
export async function countOpenIntents({ store }: Pick<Ledger, 'store'>): Promise<number> {
  const { open } = await store.db
    .selectFrom('intents')
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .where('check_at', 'is not', null)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow();
  return Number(open);
}
