import type { Ledger } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import { within } from '../../ledger/within.ts';
import {
  OrderOutcomeUnknownError,
  OutcomeUnknownError,
  outcomeByQuery,
  type PayAfterOrder,
  WechatError,
  type WechatPay,
  WechatUnavailableError,
  type WriteOptions,
} from '../../wechat/index.ts';
import { observationOf, warnIfSuspicious } from '../state/observation.ts';
import { type AcquiredIntent, acquireIntent, type Intended } from './acquire-intent.ts';
import type { CallDeadline } from './call-deadline.ts';

/** What an answer says about the order. */
type Seen = Omit<Observation, 'source' | 'occurredAt' | 'owner'>;

/** One write to WeChat, from the durable intent to the recorded outcome. */
export interface OrderWrite<T> {
  readonly intended: Intended;
  readonly send: (options: WriteOptions) => Promise<T>;
  /** What its answer alone says about the order; left out where only a query shows that. */
  readonly seen?: ((answer: T) => Seen) | undefined;
  /** The answer when a query has shown that the write took effect. */
  readonly shownByQuery: () => T;
}

/** `replayed`: this call had no new effect, since the same one had succeeded before. */
export type Replayable<T> = T & { readonly replayed: boolean };

export interface WriteServices {
  readonly ledger: Ledger;
  readonly wechat: Pick<WechatPay, 'queryPayAfterOrder'>;
}

/**
 * The intent is durable before a byte goes to WeChat; the same input sends the same bytes, also
 * after a restart. The outcome is recorded in the background: a crash leaves the intent open, and
 * the reconciler queries WeChat. Checks of this server come before (`repeatOrRefuse`).
 * @throws what `send` throws; OrderConflictError if the number has an intent with other input;
 *   LedgerUnavailableError if nothing was sent
 */
export async function writeOrder<T extends object>(
  services: WriteServices,
  write: OrderWrite<T>,
  { deadline, sendBy }: CallDeadline,
): Promise<Replayable<T>> {
  const { ledger } = services;
  const intent = await acquireIntent(ledger, write.intended, sendBy);
  ledger.onIntent(intent.repeated ? 'repeated' : 'begun');
  const since = ledger.now();
  const { prepared, repeated: doubtful, succeededBefore } = intent;
  let shown: PayAfterOrder | undefined;
  const onShown = (order: PayAfterOrder) => {
    shown = order;
  };
  try {
    const answer = await write.send({ prepared, doubtful, succeededBefore, deadline, onShown });
    ledger.onIntent('done');
    recordSuccess(ledger, intent.id, write.intended, shown ?? write.seen?.(answer));
    return { ...answer, replayed: succeededBefore };
  } catch (error) {
    const refused = error instanceof WechatError && !(error instanceof OutcomeUnknownError);
    ledger.onIntent(refused ? 'refused' : 'open');
    if (!refused) {
      const { id } = intent;
      void recorded(ledger, ledger.keepIntentOpen({ id, since }));
      throw error;
    }
    // A caller who receives a refusal may use the number again immediately, on another instance too.
    // A ledger that is locked must not delay the answer past the deadline.
    const released = await within(
      deadline - performance.now(),
      recorded(ledger, ledger.releaseIntent(intent)),
      undefined,
    );
    // Where the ledger did not say that no other call had sent it, one may have.
    const sentByAnother = released !== true && !doubtful;
    if (sentByAnother && !(error instanceof WechatUnavailableError)) {
      return await resolveRefusal(services, write, intent, { refusal: error, deadline });
    }
    throw error;
  }
}

/** Records in the background that a write took effect, and what was seen of the order thereby. */
export function recordSuccess(
  ledger: Ledger,
  id: string,
  { operation, owner }: Pick<Intended, 'operation' | 'owner'>,
  seen: PayAfterOrder | Seen | undefined,
): void {
  const observation = seen
    ? { ...asObservation(seen, ledger.now()), owner: operation === 'create' ? owner : null }
    : null;
  void recorded(ledger, ledger.finishIntent({ id, observation })).then((observed) =>
    warnIfSuspicious(ledger, observation, observed ?? null),
  );
}

function asObservation(seen: PayAfterOrder | Seen, now: number): Observation {
  return 'mchid' in seen
    ? observationOf(seen, 'MUTATION', now)
    : { ...seen, source: 'MUTATION', occurredAt: now };
}

/**
 * Another call sent the same write meanwhile: this one may have been refused because that one took
 * effect. A query decides, and nothing is sent again.
 */
async function resolveRefusal<T extends object>(
  { wechat, ledger }: WriteServices,
  write: OrderWrite<T>,
  { id, prepared }: AcquiredIntent,
  { refusal, deadline }: { readonly refusal: WechatError; readonly deadline: number },
): Promise<Replayable<T>> {
  const { operation, outOrderNo, appid, serviceId } = write.intended;
  const query = { outOrderNo, appid, serviceId };
  const order = await wechat
    .queryPayAfterOrder(query, { proven: true, deadline })
    .catch(() => undefined);
  const outcome = order && outcomeByQuery(operation, prepared.body, order);
  if (order === undefined || outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'CONNECTION', refusal);
  }
  if (order === null || outcome === 'no-effect') {
    throw refusal;
  }
  recordSuccess(ledger, id, write.intended, order);
  return { ...write.shownByQuery(), replayed: true };
}

/** Never rejects; undefined if it could not be recorded. */
function recorded<R>({ log }: Ledger, work: Promise<R>): Promise<R | undefined> {
  return work.catch((err: unknown) => {
    log.error({ err }, 'recording the write outcome failed; the reconciler will resolve it');
    return undefined;
  });
}
