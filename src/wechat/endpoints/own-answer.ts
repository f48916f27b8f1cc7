import type { Wire } from '../codec/codec.ts';

/** The ids of an order in a request. */
export interface OrderIds {
  readonly mchid: string;
  readonly appid: string;
  readonly serviceId: string;
  /** Undefined for a query by `query_id`: only the response contains the number. */
  readonly outOrderNo: string | undefined;
}

/** The ids in a response. Null: the endpoint does not return it. */
interface AnsweredIds {
  readonly mchid: string;
  readonly appid: string;
  readonly serviceId: string | null;
  readonly outOrderNo: string;
}

/**
 * Whether a response belongs to this request. A signature covers time, nonce and body but not the
 * request, so a validly signed response to another call verifies too: only its own ids can be
 * compared.
 */
export function isOwnAnswer(answer: AnsweredIds, request: OrderIds): boolean {
  return (
    answer.mchid === request.mchid &&
    answer.appid === request.appid &&
    (answer.serviceId === null || answer.serviceId === request.serviceId) &&
    (request.outOrderNo === undefined || answer.outOrderNo === request.outOrderNo)
  );
}

/** Fields that only queries and notifications have: `state`. */
const OF_QUERY = ['state'];
/** Fields that only a create has: the launch data of the confirmation page. */
const OF_CREATE = [
  'package',
  'miniprogram_businesstype',
  'miniprogram_appid',
  'miniprogram_path',
  'miniprogram_username',
];

/**
 * Whether this is the response of another endpoint about the same order, which has the same ids.
 */
export function isOfOtherEndpoint(wire: Wire, operation: 'create' | 'change'): boolean {
  const foreign = operation === 'create' ? OF_QUERY : [...OF_QUERY, ...OF_CREATE];
  return foreign.some((name) => name in wire);
}

/**
 * Whether only the response to a create has these fields; the responses to other writes contain
 * only ids.
 */
export function isOfCreateOnly(wire: Wire): boolean {
  return OF_CREATE.some((name) => typeof wire[name] === 'string' && wire[name] !== '');
}
