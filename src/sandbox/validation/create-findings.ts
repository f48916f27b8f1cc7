import { type JsonObject, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { SENSITIVE_FIELDS } from '../wechat/sensitive.ts';
import { type Finding, fieldFindings, listFindings } from './body-findings.ts';
import { readObject } from './body-object.ts';
import { CREATE_FIELDS, DISCOUNT_FIELDS, FEE_FIELDS } from './create-fields.ts';
import { endsBeforeStart } from './service-times.ts';

const TABLE = {
  fields: CREATE_FIELDS,
  lists: { fees: FEE_FIELDS, discounts: DISCOUNT_FIELDS },
} as const;

/** Every error in the body of a create: field by field, then between fields. */
function* createFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* fieldFindings(wire, TABLE, rules);
  if (rules.analogyRules) {
    yield* findingsBetweenFields(wire);
  }
  if (rules.sensitiveFieldsRequired) {
    const missing = SENSITIVE_FIELDS.filter((field) => wire[field] === undefined);
    yield* missing.map((field) => ({ field: `/${field}`, issue: 'required' }));
  }
}

function* findingsBetweenFields(wire: JsonObject): Generator<Finding> {
  yield* listFindings(wire);
  if (endsBeforeStart(textOf(wire, 'service_start_time'), textOf(wire, 'service_end_time'))) {
    yield { field: '/service_end_time', issue: 'not after service_start_time' };
  }
  const confirms = wire['need_user_confirm'] !== false;
  if (confirms && wire['openid'] !== undefined) {
    yield { field: '/openid', issue: 'only with need_user_confirm false' };
  }
  if (!confirms && (textOf(wire, 'openid') ?? '') === '') {
    yield { field: '/openid', issue: 'required with need_user_confirm false' };
  }
}

/**
 * A create that passed every rule, except those of the time of the call. `wire` is the raw body.
 */
export interface CreateRequest {
  readonly wire: JsonObject;
  readonly outOrderNo: string;
  readonly needUserConfirm: boolean;
  readonly openid: string | undefined;
  readonly serviceEndTime: string | undefined;
}

/**
 * Reads the body of a create, checking every field in the order of WeChat Pay's table.
 * @throws Refusal 400 PARAM_ERROR that names the first wrong field, never its value
 */
export function readCreate(body: Uint8Array, rules: SandboxRules): CreateRequest {
  const wire = readObject(body, (sent) => createFindings(sent, rules));
  return {
    wire,
    outOrderNo: textOf(wire, 'out_order_no') ?? '',
    needUserConfirm: wire['need_user_confirm'] !== false,
    openid: textOf(wire, 'openid'),
    serviceEndTime: textOf(wire, 'service_end_time'),
  };
}
