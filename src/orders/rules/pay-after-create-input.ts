import type { InputRules } from '../../domain/input-rules.ts';
import { type CreatePayAfterOrderRequest, ON_ACCEPT, toWireTime } from '../../wechat/index.ts';
import {
  checkDiscounts,
  checkFees,
  checkIds,
  createIssueCollector,
  type InputIssue,
  type IssueCollector,
} from './field-rules.ts';
import { endsAfter, endsLater } from './service-times.ts';

/** The maximum of RSA-OAEP with a 2048-bit key. WeChat Pay's own limits are not known. */
const SENSITIVE_MAX_BYTES = 214;

/**
 * Every rule that an order breaks before it is sent, all together. The only place of these rules:
 * limits known of pay-after orders are `confirmed`, those of the sibling products
 * smartretail-orders and serviceorder `analogy`. What is not known of WeChat Pay is not checked.
 * @param now Unix ms
 */
export function createInputIssues(
  order: CreatePayAfterOrderRequest,
  rules: InputRules,
  now: number,
): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  checkIds(found, order);
  checkTimes(found, order, now);
  checkTexts(found, order);
  checkFees(found, order.fees ?? []);
  checkDiscounts(found, order.discounts ?? [], ({ discountDesc }, at) => {
    const isDescribed = Boolean(discountDesc);
    const message = 'Must be given with the name.';
    found.check(isDescribed, 'analogy', at('discountDesc'), 'REQUIRED', message);
  });
  found.amount(order.riskAmount, ['riskAmount']);
  found.check(
    order.riskAmount !== 0,
    'analogy',
    ['riskAmount'],
    'OUT_OF_RANGE',
    'Must be more than 0: it is the maximum that this order can cost.',
  );
  checkUser(found, order);
  return found.issues;
}

function checkTimes(found: IssueCollector, order: CreatePayAfterOrderRequest, now: number) {
  const { serviceStartTime, serviceEndTime } = order;
  const start = toWireTime(serviceStartTime);
  const end = serviceEndTime ? toWireTime(serviceEndTime) : undefined;
  const forms = 'ISO 8601 in whole seconds with an offset, a plain date, or yyyyMMddHHmmss';
  found.check(
    start !== undefined,
    'confirmed',
    ['serviceStartTime'],
    'BAD_FORMAT',
    `${forms}; or OnAccept.`,
  );
  found.check(
    (serviceEndTime ?? null) === null || (end !== undefined && end !== ON_ACCEPT),
    'confirmed',
    ['serviceEndTime'],
    'BAD_FORMAT',
    `${forms}.`,
  );
  found.check(
    !start || !end || start === ON_ACCEPT || end === ON_ACCEPT || endsAfter(start, end),
    'analogy',
    ['serviceEndTime'],
    'OUT_OF_RANGE',
    'Must be after serviceStartTime; a plain date may be the same day.',
  );
  found.check(
    !end || end === ON_ACCEPT || endsLater(end, now),
    'analogy',
    ['serviceEndTime'],
    'OUT_OF_RANGE',
    'Must be more than a minute from now; a plain date may be today.',
  );
}

function checkTexts(found: IssueCollector, order: CreatePayAfterOrderRequest) {
  const { serviceStartLocation, serviceEndLocation, serviceIntroduction, attach } = order;
  found.required(serviceStartLocation, 'analogy', ['serviceStartLocation']);
  found.required(serviceIntroduction, 'analogy', ['serviceIntroduction']);
  const texts = { serviceStartLocation, serviceEndLocation, serviceIntroduction };
  for (const [name, value] of Object.entries(texts)) {
    found.length(value, 20, 'analogy', [name]);
    found.characters(value, 'confirmed', [name]);
  }
  found.length(attach, 200, 'confirmed', ['attach']);
  found.characters(attach, 'confirmed', ['attach']);
}

function checkUser(found: IssueCollector, order: CreatePayAfterOrderRequest) {
  const { openid, needUserConfirm, name, phone, userid, address } = order;
  const confirms = needUserConfirm ?? true;
  found.length(openid, 128, 'analogy', ['openid']);
  found.characters(openid, 'confirmed', ['openid']);
  found.check(
    confirms || Boolean(openid),
    'analogy',
    ['openid'],
    'REQUIRED',
    'Required if needUserConfirm is false.',
  );
  found.check(
    !confirms || (openid ?? null) === null,
    'analogy',
    ['openid'],
    'NOT_ALLOWED',
    'Allowed only with needUserConfirm: false.',
  );
  for (const [field, value] of Object.entries({ name, phone, userid, address })) {
    found.check(
      Buffer.byteLength(value ?? '') <= SENSITIVE_MAX_BYTES,
      'confirmed',
      [field],
      'TOO_LONG',
      `At most ${SENSITIVE_MAX_BYTES} bytes of UTF-8, the limit of the encryption.`,
    );
    found.characters(value, 'analogy', [field]);
  }
}
