import { type AcquiredIntent, acquireIntent } from '../../ledger/acquire-intent.ts';
import type { Pace, Tx } from '../../ledger/database/group-commit.ts';
import type { Intended } from '../../ledger/find-intent.ts';
import { keepOpen, releaseIntent, settleIntent } from '../../ledger/finish-intent.ts';
import { type Ledger, record, warnIfSuspicious } from '../../ledger/ledger.ts';
import type { Observation } from '../../ledger/observation.ts';
import { recordObservation } from '../../ledger/record-observation.ts';
import {
  OrderOutcomeUnknownError,
  OutcomeUnknownError,
  outcomeByQuery,
  WechatError,
  type WechatPay,
  WechatUnavailableError,
  type WriteOptions,
} from '../../wechat/index.ts';
import type { CallDeadline } from './call-deadline.ts';

/** One write to WeChat, from the durable intent to the recorded outcome. */
export interface OrderWrite<T> {
  readonly intended: Intended;
  readonly send: (options: WriteOptions) => Promise<T>;
  /** What its success says about the order; null if that is not known: then a query finds out. */
  readonly seen: (answer: T) => Omit<Observation, 'source' | 'occurredAt' | 'owner'> | null;
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
  try {
    const answer = await write.send({ prepared, doubtful, deadline });
    ledger.onIntent('done');
    finishIntent(ledger, write, intent.id, answer);
    return { ...answer, replayed: succeededBefore };
  } catch (error) {
    const refused = error instanceof WechatError && !(error instanceof OutcomeUnknownError);
    ledger.onIntent(refused ? 'refused' : 'open');
    if (!refused) {
      const { id } = intent;
      void recorded(ledger, (tx) => keepOpen(tx, { id, since }, ledger.now()), 'deferred');
      throw error;
    }
    // A caller who receives a refusal may use the number again immediately, on another instance too.
    const released = await recorded(
      ledger,
      (tx) => releaseIntent(tx, intent, ledger.now()),
      'immediate',
    );
    const sentByAnother = released === false && !doubtful;
    if (sentByAnother && !(error instanceof WechatUnavailableError)) {
      return await resolveRefusal(services, write, intent, { refusal: error, deadline });
    }
    throw error;
  }
}

/** Records in the background that a write succeeded, and what that says about the order. */
function finishIntent<T>(
  ledger: Ledger,
  { intended, seen }: OrderWrite<T>,
  id: string,
  answer: T,
): void {
  const { now } = ledger;
  const owner = intended.operation === 'create' ? intended.owner : null;
  const said = seen(answer);
  const observation = said && { ...said, source: 'MUTATION' as const, occurredAt: now(), owner };
  void recorded(
    ledger,
    async (tx) => {
      const queryAt = observation === null ? now() : null;
      await settleIntent(tx, id, 'done', now(), { queryAt });
      return observation && (await recordObservation(tx, observation, now()));
    },
    'deferred',
  ).then((observed) => {
    if (observation && observed) {
      warnIfSuspicious(ledger, observation, observed);
    }
  });
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
  const outcome = order ? outcomeByQuery(operation, prepared.body, order) : 'no-effect';
  if (order === undefined || outcome === 'undetermined') {
    throw new OrderOutcomeUnknownError(outOrderNo, 'CONNECTION', refusal);
  }
  if (outcome === 'no-effect') {
    throw refusal;
  }
  const answer = write.shownByQuery();
  finishIntent(ledger, write, id, answer);
  return { ...answer, replayed: true };
}

/** Never rejects; undefined if it could not be recorded. */
function recorded<R>(
  ledger: Ledger,
  job: (tx: Tx) => Promise<R>,
  pace: Pace,
): Promise<R | undefined> {
  return record(ledger, job, pace).catch((err: unknown) => {
    ledger.log.error({ err }, 'recording the write outcome failed; the reconciler will resolve it');
    return undefined;
  });
}
