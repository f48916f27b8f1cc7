import { isJsonObject, type JsonObject, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, fieldFindings } from '../validation/body-findings.ts';
import {
  between,
  isFlag,
  isInteger,
  isObject,
  isText,
  longest,
  oneOf,
  required,
  shapedLike,
} from '../validation/field-checks.ts';
import {
  APPID,
  confirmed,
  FEN,
  type FieldRule,
  realTime,
  SERVICE_ID,
} from '../validation/field-rules.ts';
import { endsBeforeStart } from '../validation/service-times.ts';
import {
  DIGITS,
  LISTS,
  OBJECTS,
  PAYMENT,
  paymentFindings,
  placeFindings,
  repeatedNames,
  within,
} from './fields.ts';

/** The fields of a create body. Amounts in fen. */
const CREATE: readonly FieldRule[] = [
  ...confirmed('out_order_no', required, isText),
  ...confirmed(
    'out_order_no',
    shapedLike(/^[\w\-|*]{1,32}$/, '1 to 32 of digits, letters and _-|*'),
  ),
  ...APPID,
  ...SERVICE_ID,
  ...confirmed('service_introduction', required, isText, longest(20)),
  ...LISTS,
  ...confirmed('time_range', required, isObject),
  ...OBJECTS,
  ...confirmed('risk_fund', required, isObject),
  ...confirmed('attach', isText, longest(256)),
  ...confirmed('notify_url', isText, longest(255)),
  ...confirmed('need_user_confirm', isFlag),
  ...confirmed('openid', isText, longest(128)),
];

const DISCOUNT: readonly FieldRule[] = [
  ...confirmed('name', required, isText, longest(20)),
  ...confirmed('description', required, isText, longest(30)),
  ...confirmed('count', isInteger, between(1, 100)),
  ...confirmed('amount', isInteger, FEN),
];

const timeRange = (longestEndRemark: number): readonly FieldRule[] => [
  ...confirmed(
    'start_time',
    required,
    shapedLike(/^(?:\d{8}|\d{14}|OnAccept)$/, 'yyyyMMddHHmmss, yyyyMMdd or OnAccept'),
    realTime,
  ),
  ...confirmed('start_time_remark', isText, longest(20)),
  ...confirmed('end_time', DIGITS, realTime),
  ...confirmed('end_time_remark', isText, longest(longestEndRemark)),
];

/** The fund of a service for which a deposit is waived (先免), and of one that is paid later (先享). */
const FUND_NAMES = {
  deposit: ['DEPOSIT', 'ADVANCE', 'CASH_DEPOSIT'],
  estimate: ['ESTIMATE_ORDER_COST'],
  any: ['DEPOSIT', 'ADVANCE', 'CASH_DEPOSIT', 'ESTIMATE_ORDER_COST'],
} as const;

const riskFund = (names: readonly string[]): readonly FieldRule[] => [
  ...confirmed('name', required, oneOf(...names)),
  ...confirmed('amount', required, isInteger, between(1, Number.MAX_SAFE_INTEGER)),
  ...confirmed('description', isText, longest(30)),
];

/** Every error in the body of a create: field by field, then between fields. */
export function* createServiceOrderFindings(
  wire: JsonObject,
  rules: SandboxRules,
): Generator<Finding> {
  const lists = { post_payments: PAYMENT, post_discounts: DISCOUNT };
  yield* fieldFindings(wire, { fields: CREATE, lists }, rules);
  yield* within(wire, 'time_range', timeRange(rules.endTimeRemarkLength), rules);
  yield* within(wire, 'risk_fund', riskFund(FUND_NAMES[rules.riskFundNames]), rules);
  yield* placeFindings(wire, rules);
  yield* paymentFindings(wire);
  yield* repeatedNames(wire, 'post_discounts');
  const range = wire['time_range'];
  if (
    isJsonObject(range) &&
    endsBeforeStart(textOf(range, 'start_time'), textOf(range, 'end_time'))
  ) {
    yield { field: '/time_range/end_time', issue: 'not after start_time' };
  }
  yield* urlFindings(textOf(wire, 'notify_url') ?? '', rules);
  yield* userFindings(wire, rules);
}

function* urlFindings(url: string, rules: SandboxRules): Generator<Finding> {
  const field = '/notify_url';
  if (url === '') {
    if (rules.notifyUrlRequired) {
      yield { field, issue: 'required' };
    }
  } else if (rules.notifyUrlMustBeHttps && !/^https:\/\/[^?]+$/.test(url)) {
    yield { field, issue: 'must be https, without a query' };
  }
}

/** Whether the user confirms the order on WeChat Pay's page. */
export function needsUserConfirm(wire: JsonObject, rules: SandboxRules): boolean {
  return (wire['need_user_confirm'] ?? rules.needUserConfirmDefault) !== false;
}

function* userFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  const openid = textOf(wire, 'openid') ?? '';
  if (needsUserConfirm(wire, rules)) {
    if (wire['openid'] !== undefined) {
      yield { field: '/openid', issue: 'only with need_user_confirm false' };
    }
  } else if (openid === '' || openid.startsWith('wx')) {
    yield {
      field: '/openid',
      issue: 'the openid of a user is required with need_user_confirm false',
    };
  }
}
