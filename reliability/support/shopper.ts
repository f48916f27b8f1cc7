import { setTimeout as sleep } from 'node:timers/promises';
import type { TrueOrder } from './expected-state.ts';
import { INJECTED } from './fault-mix.ts';
import { at } from './json.ts';
import type { Poster } from './post.ts';
import { between } from './stats.ts';
import { PERSON } from './watch.ts';

export type Step = 'create' | 'complete';

/** The response of the server to one step of one order. */
export interface Told {
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
  readonly look: (outOrderNo: string) => Promise<TrueOrder | undefined>;
  readonly tell: (told: Told) => void;
  /** No more retries. */
  readonly isOver: () => boolean;
}

/** A response to one step of one order. */
interface Answer extends Pick<Told, 'step' | 'outOrderNo' | 'word'> {
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

const FIELDS = '__typename ... on UserError { message }';
export const CREATE = `mutation ($input: CreatePayAfterOrderInput!) { result: createPayAfterOrder(input: $input) {
  ${FIELDS} ... on CreatePayAfterOrderPayload { orderId } } }`;
const MUTATIONS: Readonly<Record<Step, string>> = {
  create: CREATE,
  complete: `mutation ($input: CompletePayAfterOrderInput!) { result: completePayAfterOrder(input: $input) {
    ${FIELDS} ... on CompletePayAfterOrderPayload { orderId } } }`,
};

export function amountsOf(index: number): { readonly risk: number; readonly total: number } {
  return { risk: 10_000 + index, total: 1_000 + index };
}

export function inputOf(step: Step, outOrderNo: string, index: number): object {
  const { risk, total } = amountsOf(index);
  return step === 'create'
    ? {
        outOrderNo,
        serviceStartTime: 'OnAccept',
        serviceEndTime: '2099-01-01T00:00:00+08:00',
        serviceStartLocation: '深圳',
        serviceIntroduction: '骑行',
        riskAmount: risk,
        fees: [{ feeName: '骑行费', feeAmount: 150, feeDesc: '每半小时1.5元' }],
        needUserConfirm: false,
        ...PERSON,
        openid: `${PERSON.openid}${index}`,
      }
    : {
        outOrderNo,
        finishType: 'FINISHED',
        totalAmount: total,
        fees: [{ feeName: '骑行费', feeAmount: total }],
      };
}

/**
 * Takes a step as a good client does: it repeats the same call after an unknown outcome, and after
 * a refusal, which may come from a proxy.
 * @param patient false: gives up after the first unknown outcome, so that the server has to resolve
 *   it
 * @returns whether it received success
 */
export async function take(
  shop: Shop,
  step: Step,
  outOrderNo: string,
  index: number,
  patient: boolean,
): Promise<boolean> {
  const variables = { input: inputOf(step, outOrderNo, index) };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const answer = await shop.poster.graphql(MUTATIONS[step], variables);
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
    shop.tell({
      step,
      outOrderNo,
      word,
      orderId: typeof orderId === 'string' ? orderId : null,
      isFalse: await isFalse(shop, { step, outOrderNo, word, message }),
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
  { step, outOrderNo, word, message }: Answer,
): Promise<boolean> {
  if (['OutcomeUnknownError', 'LedgerUnavailableError', 'no-answer'].includes(word)) {
    return false;
  }
  const order = await look(outOrderNo);
  const tookEffect = order !== undefined && (step === 'create' || isCompleted(order));
  if (word.endsWith('Payload')) {
    return !tookEffect;
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

export function isCompleted({ state }: Pick<TrueOrder, 'state'>): boolean {
  return state === 'FINISHED' || state === 'USER_PAID';
}
