import { CREATE_INPUT } from './order.ts';

export type Operation = 'query' | 'create';
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
  const path = style === 'graphql' ? '/graphql' : restPath(operation);
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

function graphqlBody(operation: Operation): string {
  return operation === 'query'
    ? JSON.stringify({ query: QUERY, variables: { no: PLACE } })
    : JSON.stringify({
        query: CREATE,
        variables: { input: { outOrderNo: PLACE, ...CREATE_INPUT } },
      });
}

function restPath(operation: Operation): string {
  return operation === 'query' ? `/pay-after-orders/${PLACE}` : '/pay-after-orders';
}

function restBody(operation: Operation): string {
  return operation === 'query' ? '' : JSON.stringify({ outOrderNo: PLACE, ...CREATE_INPUT });
}
