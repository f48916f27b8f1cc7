import { type JsonObject, textOf } from '../http/json.ts';
import type { SandboxRules } from '../rules.ts';
import { readObject } from '../validation/body-object.ts';
import { createFindings } from '../validation/create-findings.ts';

/** A create that passed every rule but those of the call's time. `wire` is the body as it was sent. */
export interface CreateRequest {
  readonly wire: JsonObject;
  readonly outOrderNo: string;
  readonly needUserConfirm: boolean;
  readonly openid: string | undefined;
  readonly serviceEndTime: string | undefined;
}

/**
 * Reads the body of a create, checking every field in the order of WeChat's table.
 *
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
