import { type JsonObject, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { type Finding, fieldFindings, listFindings } from './body-findings.ts';
import { COMPLETE_FIELDS, FINAL_DISCOUNT_FIELDS } from './complete-rules.ts';
import { FEE_FIELDS } from './create-rules.ts';

const TABLE = {
  fields: COMPLETE_FIELDS,
  lists: { fees: FEE_FIELDS, discounts: FINAL_DISCOUNT_FIELDS },
} as const;

const UNUSED = 1;

/** Everything wrong with the body of a complete that can be told without its order. */
export function* completeFindings(wire: JsonObject, rules: SandboxRules): Generator<Finding> {
  yield* fieldFindings(wire, TABLE, rules);
  if (wire['finish_type'] === UNUSED && wire['total_amount'] !== 0) {
    yield { field: '/total_amount', issue: 'must be 0 with finish_type 1' };
  }
  if (rules.analogyRules) {
    yield* listFindings(wire);
    yield* findingsByUse(wire);
  }
}

function* findingsByUse(wire: JsonObject): Generator<Finding> {
  const gaveReason = (textOf(wire, 'cancel_reason') ?? '') !== '';
  if (wire['finish_type'] !== UNUSED) {
    if (wire['fees'] === undefined && !gaveReason) {
      yield { field: '/fees', issue: 'required without cancel_reason' };
    }
    return;
  }
  if (!gaveReason) {
    yield { field: '/cancel_reason', issue: 'required with finish_type 1' };
  }
  if (wire['real_service_end_location'] !== undefined) {
    yield { field: '/real_service_end_location', issue: 'not with finish_type 1' };
  }
}
