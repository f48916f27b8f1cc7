import { type Life, newNumber } from './fixture.ts';
import { at, type JsonObject } from './json.ts';

const ERRORS = `
  ... on UserError { code }
  ... on InvalidInputError { issues { path code } }
  ... on OrderConflictError { outOrderNo }
  ... on WechatRefusedError { wechatCode status requestId }
  ... on WechatUnavailableError { retryAfterSeconds }
  ... on OutcomeUnknownError { outOrderNo reason }`;

const CHANGE_ERRORS = `${ERRORS}
  ... on OrderNotFoundError { outOrderNo }
  ... on OrderStateError { outOrderNo state }`;

export type ChangeName = 'complete' | 'cancel' | 'sync';

/** What came of a change, with every field of every outcome; `more` is selected of a success. */
export async function change(
  { run }: Pick<Life, 'run'>,
  name: ChangeName,
  input: JsonObject,
  more = '',
): Promise<unknown> {
  const field = `${name}PayAfterOrder`;
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  const answer = await run(
    `mutation ($input: ${type}Input!) { ${field}(input: $input) { __typename
      ... on ${type}Payload { appid mchid outOrderNo serviceId orderId ${more} }
      ${CHANGE_ERRORS} } }`,
    { input },
  );
  return at(answer, 'data', field) ?? answer;
}

/** What came of a create, with the ids, the package and `more` of a success. */
export async function create(
  { run }: Pick<Life, 'run'>,
  changes: JsonObject = {},
  more = '',
): Promise<unknown> {
  const answer = await run(
    `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) { __typename
      ... on CreatePayAfterOrderPayload { mchid outOrderNo orderId package ${more} }
      ${ERRORS} } }`,
    { input: createInput(changes) },
  );
  return at(answer, 'data', 'createPayAfterOrder') ?? answer;
}

export function createInput(changes: JsonObject = {}): JsonObject {
  return {
    outOrderNo: newNumber(),
    serviceStartTime: 'OnAccept',
    serviceStartLocation: '北京西站',
    serviceIntroduction: '充电宝租借',
    serviceEndTime: '2099-12-31',
    riskAmount: 9900,
    ...changes,
  };
}

/** An order that its user has confirmed. */
export async function acceptedOrder(life: Life, changes: JsonObject = {}): Promise<string> {
  const outOrderNo = newNumber();
  await create(life, { outOrderNo, ...changes });
  await life.user('confirm', outOrderNo);
  return outOrderNo;
}

/** How an order ends that was used: 12.00 CNY. */
export function completeInput(outOrderNo: string, changes: JsonObject = {}): JsonObject {
  return {
    outOrderNo,
    finishType: 'FINISHED',
    totalAmount: 1200,
    fees: [{ feeName: '租金', feeCount: 1, feeAmount: 1200, feeDesc: '2 小时' }],
    ...changes,
  };
}

/** An order that is completed and waits for the money. */
export async function finishedOrder(life: Life): Promise<string> {
  const outOrderNo = await acceptedOrder(life);
  await change(life, 'complete', completeInput(outOrderNo));
  return outOrderNo;
}

/** Paid elsewhere half a minute ago, after the complete: the business clock is put on by a minute. */
export async function syncInput(life: Life, outOrderNo: string): Promise<JsonObject> {
  const now = await life.control('POST', 'clock', { advanceSeconds: 60 });
  const paidAt = Date.parse(String(at(now, 'now'))) - 30_000;
  const beijing = new Date(paidAt + 8 * 3_600_000).toISOString().slice(0, 19);
  return { outOrderNo, type: 'ORDER_PAID', detail: { paidTime: `${beijing}+08:00` } };
}
