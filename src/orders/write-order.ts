import { OutcomeUnknownError, WechatError, type WriteOptions } from '../wechat/index.ts';
import { type Intended, type Standing, stand } from './intents.ts';
import { type Ledger, record, warnIfSuspicious } from './ledger.ts';
import { type Observation, observe } from './observe.ts';
import { leaveOpen, releaseIntent, settleIntent } from './settle-intent.ts';
import type { Pace, Tx } from './store/writer.ts';

/** One write to WeChat, from the intent on the disk to what came of it. */
export interface OrderWrite<T> {
  readonly intended: Omit<Intended, 'owner'>;
  /** Of the order that a create makes; null where it is not known, and for every other write. */
  readonly owner: string | null;
  readonly send: (options: WriteOptions) => Promise<T>;
  /** What its success says of the order. */
  readonly seen: (answer: T) => Omit<Observation, 'source' | 'occurredAt' | 'owner'>;
}

/**
 * The intent is durable before a byte goes to WeChat; the same input sends the same bytes, also
 * after a restart. What came of it is recorded in the background: a crash leaves the intent open,
 * and the reconciler asks WeChat.
 * @throws what `send` throws; OrderConflictError where the number stands for another input
 */
export async function writeOrder<T>(ledger: Ledger, order: OrderWrite<T>): Promise<T> {
  const { store, vault, now, holdMs } = ledger;
  const { owner } = order;
  const standing = await stand(store, vault, { ...order.intended, owner }, now, holdMs);
  ledger.onIntent(standing.repeated ? 'repeated' : 'begun');
  return await send(ledger, order, standing, { owner, doubtful: standing.repeated });
}

interface Sending {
  readonly owner: string | null;
  readonly doubtful: boolean;
}

async function send<T>(
  ledger: Ledger,
  order: OrderWrite<T>,
  standing: Standing,
  { owner, doubtful }: Sending,
): Promise<T> {
  const { now } = ledger;
  const since = now();
  const { id, prepared } = standing;
  try {
    const answer = await order.send({ prepared, doubtful });
    ledger.onIntent('done');
    const seen = { ...order.seen(answer), source: 'MUTATION' as const, occurredAt: now(), owner };
    void recorded(
      ledger,
      async (tx) => {
        await settleIntent(tx, id, 'done', now());
        return await observe(tx, seen, now());
      },
      'soon',
    ).then((observed) => observed && warnIfSuspicious(ledger, seen, observed));
    return answer;
  } catch (error) {
    const refused = error instanceof WechatError && !(error instanceof OutcomeUnknownError);
    ledger.onIntent(refused ? 'refused' : 'open');
    if (!refused) {
      void recorded(ledger, (tx) => leaveOpen(tx, { id, since }, now()), 'soon');
      throw error;
    }
    // Who is told of a refusal may use the number again at once, at another instance too.
    const released = await recorded(ledger, (tx) => releaseIntent(tx, standing, now()), 'now');
    if (released === false && !doubtful) {
      // Another call has sent the same meanwhile: it may be what this one was refused for.
      return await send(ledger, order, standing, { owner, doubtful: true });
    }
    throw error;
  }
}

/** Never rejects; undefined where it could not be recorded. */
function recorded<R>(
  ledger: Ledger,
  job: (tx: Tx) => Promise<R>,
  pace: Pace,
): Promise<R | undefined> {
  return record(ledger, job, pace).catch((err: unknown) => {
    ledger.log.error({ err }, 'what came of a write could not be recorded; it will be asked for');
    return undefined;
  });
}
