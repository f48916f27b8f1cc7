import { type JsonObject, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { SENSITIVE_FIELDS } from '../wechat/sensitive.ts';
import { type Finding, fieldFindings, listFindings } from './body-findings.ts';
import { CREATE_FIELDS, DISCOUNT_FIELDS, FEE_FIELDS } from './create-rules.ts';
import { endsBeforeStart } from './service-times.ts';

const TABLE = {
  fields: CREATE_FIELDS,
  lists: { fees: FEE_FIELDS, discounts: DISCOUNT_FIELDS },
} as const;

/** Everything wrong with the body of a create, field by field, then between fields. */
export function* createFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
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
