import type { ReadContext } from './context.ts';

/** How many writes to WeChat Pay are under way or have an unknown outcome; found by an index. */
export async function countOpenIntents({ db }: ReadContext): Promise<number> {
  const { open } = await db
    .selectFrom('intents')
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .where('check_at', 'is not', null)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow();
  return Number(open);
}
