import { CREATE_INPUT } from './order.ts';
import { SERVICE_CREATE, SERVICE_CREATE_INPUT, SERVICE_QUERY } from './service-order.ts';

/** Of pay-after orders; of service orders with the prefix. */
export type Operation = 'query' | 'create' | 'service-query' | 'service-create';
export function isQuery(operation: Operation): boolean {
  return operation === 'query' || operation === 'service-query';
}

/** Two ways to send the same operation: GraphQL, or REST with the same JSON. */
export type Style = 'graphql' | 'rest';

/** The bytes of a request, around the order's number, which always has the same length. */
export interface RequestText {
  readonly before: string;
  readonly after: string;
}

export const NUMBER_LENGTH = 13;
const PLACE = '#'.repeat(NUMBER_LENGTH);

export const QUERY = `query Order($no: String!) {
  payAfterOrder(by: { outOrderNo: $no }) {
    appid mchid outOrderNo serviceId state finishType
    serviceStartTime serviceEndTime realServiceStartTime realServiceEndTime paySuccTime
    serviceStartLocation serviceEndLocation realServiceStartLocation realServiceEndLocation
    serviceIntroduction
    fees { feeName feeCount feeAmount feeDesc }
    discounts { discountName discountAmount discountDesc }
    riskAmount totalAmount attach finishTicket finishTransactionId payType
  }
}`;

const CREATE = `mutation Create($input: CreatePayAfterOrderInput!) {
  createPayAfterOrder(input: $input) {
    __typename
    ... on CreatePayAfterOrderPayload {
      appid mchid outOrderNo serviceId orderId package
      miniprogramBusinesstype miniprogramAppid miniprogramPath miniprogramUsername
    }
    ... on UserError { code message }
  }
}`;

/** One HTTP/1.1 request on a connection that is kept, for any number of the right length. */
export function requestText(
  style: Style,
  operation: Operation,
  headers: Readonly<Record<string, string>> = {},
): RequestText {
  const body = style === 'graphql' ? graphqlBody(operation) : restBody(operation);
  const path = style === 'graphql' ? '/graphql' : OPERATIONS[operation].path;
  const lines = [
    `${body === '' ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'accept: application/json',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === ''
      ? []
      : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]),
  ];
  const [before = '', after = ''] = `${lines.join('\r\n')}\r\n\r\n${body}`.split(PLACE);
  return { before, after };
}

/** An operation over both kinds of APIs. */
interface Described {
  readonly document: string;
  readonly variables: object;
  readonly path: string;
  /** Undefined: a GET. */
  readonly body?: object;
}

function creating(document: string, path: string, order: object): Described {
  const input = { outOrderNo: PLACE, ...order };
  return { document, variables: { input }, path, body: input };
}

const OPERATIONS: Readonly<Record<Operation, Described>> = {
  query: { document: QUERY, variables: { no: PLACE }, path: `/pay-after-orders/${PLACE}` },
  create: creating(CREATE, '/pay-after-orders', CREATE_INPUT),
  'service-query': {
    document: SERVICE_QUERY,
    variables: { no: PLACE },
    path: `/service-orders/${PLACE}`,
  },
  'service-create': creating(SERVICE_CREATE, '/service-orders', SERVICE_CREATE_INPUT),
};

function graphqlBody(operation: Operation): string {
  const { document: query, variables } = OPERATIONS[operation];
  return JSON.stringify({ query, variables });
}

function restBody(operation: Operation): string {
  const { body } = OPERATIONS[operation];
  return body === undefined ? '' : JSON.stringify(body);
}
