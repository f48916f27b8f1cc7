import { setTimeout as sleep } from 'node:timers/promises';
import type { TrueOrder } from './expected-state.ts';
import { INJECTED } from './fault-mix.ts';
import { type Goods, numberOf, type Step } from './goods.ts';
import { at } from './json.ts';
import type { Poster } from './post.ts';
import { between } from './stats.ts';

/** The response of the server to one step of one order. */
export interface StepResult {
  readonly goods: Goods;
  readonly step: Step;
  readonly outOrderNo: string;
  /** A member of the result union, `no-answer`, or the codes of GraphQL errors. */
  readonly word: string;
  readonly orderId: string | null;
  /** The server reported a success that was not true at that time. */
  readonly isFalse: boolean;
}

export interface Shop {
  readonly poster: Poster;
  /** The current order in WeChat Pay. */
  readonly look: (goods: Goods, outOrderNo: string) => Promise<TrueOrder | undefined>;
  readonly report: (results: StepResult) => void;
  /** No more retries. */
  readonly isOver: () => boolean;
}

/** A response to one step of one order. */
interface Answer extends Pick<StepResult, 'goods' | 'step' | 'outOrderNo' | 'word'> {
  readonly index: number;
  /** Of an error. */
  readonly message: string;
}

/** Unknown outcome: the same call is to be retried. */
const UNKNOWN_OUTCOMES = [
  'OutcomeUnknownError',
  'WechatUnavailableError',
  // This call sent nothing; an earlier one may have taken effect.
  'LedgerUnavailableError',
  'no-answer',
];
/** The call had no effect. Here the reason is temporary, so that a new attempt is worthwhile. */
const REFUSED = 'WechatRefusedError';
const MOST_TRIES = 80;

/**
 * Takes a step as a good client does: it repeats the same call after an unknown outcome, and after
 * a refusal, which may come from a proxy.
 * @param patient false: gives up after the first unknown outcome, so that the server has to resolve
 *   it
 * @param paid when the user paid, which a sync reports
 * @returns whether it received success
 */
export async function take(
  shop: Shop,
  goods: Goods,
  step: Step,
  index: number,
  patient: boolean,
  paid?: { readonly paidTime: string },
): Promise<boolean> {
  const outOrderNo = numberOf(index);
  const input = goods.inputOf(step, outOrderNo, index);
  const variables = { input: step === 'sync' && paid ? { ...input, detail: paid } : input };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const answer = await shop.poster.graphql(goods.mutationOf(step), variables);
    const result = answer.type === 'data' ? at(answer.data, 'result') : undefined;
    const word =
      answer.type === 'data'
        ? String(at(result, '__typename'))
        : answer.type === 'errors'
          ? answer.codes.join(' ')
          : answer.type;
    const message = String(at(result, 'message'));
    const isSuccess = word.endsWith('Payload');
    const orderId = isSuccess ? at(result, 'orderId') : undefined;
    shop.report({
      goods,
      step,
      outOrderNo,
      word,
      orderId: typeof orderId === 'string' ? orderId : null,
      isFalse: await isFalse(shop, { goods, step, outOrderNo, index, word, message }),
    });
    const again = word === REFUSED || (UNKNOWN_OUTCOMES.includes(word) && patient);
    if (!again || shop.isOver()) {
      return isSuccess;
    }
    await sleep(between(50, 400));
  }
  return false;
}

/**
 * Compares an answer with the order as it is at this moment. A refusal is true only if the fault mix
 * injected it: WeChat Pay itself has no reason to refuse a call here.
 */
async function isFalse(
  { look }: Shop,
  { goods, step, outOrderNo, index, word, message }: Answer,
): Promise<boolean> {
  if (['OutcomeUnknownError', 'LedgerUnavailableError', 'no-answer'].includes(word)) {
    return false;
  }
  const order = await look(goods, outOrderNo);
  const tookEffect = order !== undefined && goods.isDone(step, order, index);
  if (word.endsWith('Payload')) {
    return !tookEffect;
  }
  if (step === 'collect') {
    // Whether a debit was attempted leaves no trace in the order.
    return word !== 'WechatUnavailableError' && !message.includes(INJECTED);
  }
  switch (word) {
    case 'WechatUnavailableError':
      return tookEffect;
    case REFUSED:
      return tookEffect || !message.includes(INJECTED);
    case 'OrderNotFoundError':
      return order !== undefined;
    default:
      // No other order has the number, and no state of the order forbids the call.
      return true;
  }
}
