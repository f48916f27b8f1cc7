import type { Wire } from '../codec/codec.ts';

/** The ids of an order in a request. */
export interface OrderIds {
  readonly mchid: string;
  readonly appid: string;
  readonly serviceId: string;
  /** Undefined for a query by `query_id`: only the answer has the number. */
  readonly outOrderNo: string | undefined;
}

/** The ids in an answer. Null: the endpoint does not return it. */
interface AnsweredIds {
  readonly mchid: string;
  readonly appid: string;
  readonly serviceId: string | null;
  readonly outOrderNo: string;
}

/**
 * Whether an answer is the answer to this request. A signature covers time, nonce and body but not
 * the request, so a validly signed answer to another call verifies too: only its own ids tell.
 */
export function isOwnAnswer(answer: AnsweredIds, request: OrderIds): boolean {
  return (
    answer.mchid === request.mchid &&
    answer.appid === request.appid &&
    (answer.serviceId === null || answer.serviceId === request.serviceId) &&
    (request.outOrderNo === undefined || answer.outOrderNo === request.outOrderNo)
  );
}

/** Fields that only a query and a notification have: `state`. */
const OF_QUERY = ['state'];
/** Fields that only a create has: what opens the confirm page. */
const OF_CREATE = [
  'package',
  'miniprogram_businesstype',
  'miniprogram_appid',
  'miniprogram_path',
  'miniprogram_username',
];

/** Whether this is another endpoint's answer about the same order, which has the same ids. */
export function isOfOtherEndpoint(wire: Wire, operation: 'create' | 'change'): boolean {
  const foreign = operation === 'create' ? OF_QUERY : [...OF_QUERY, ...OF_CREATE];
  return foreign.some((name) => name in wire);
}

/** Whether only the answer to a create has these fields; the answers to other writes are ids alone. */
export function isOfCreateOnly(wire: Wire): boolean {
  return OF_CREATE.some((name) => typeof wire[name] === 'string' && wire[name] !== '');
}
