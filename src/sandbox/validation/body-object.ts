import { isJsonObject, type JsonObject, parseJson } from '../http/json.ts';
import { paramError } from '../wechat/refusal.ts';
import type { Finding } from './body-findings.ts';

/**
 * The JSON object of a call's body, if it has no errors.
 * @throws Refusal 400 PARAM_ERROR that names the first wrong field, never its value
 */
export function readObject(
  body: Uint8Array,
  find: (wire: JsonObject) => Iterable<Finding>,
): JsonObject {
  const wire = parseJson(body);
  if (!isJsonObject(wire)) {
    throw paramError('请求体不是合法的JSON对象', at('', 'must be a JSON object in UTF-8'));
  }
  refuseFirst(find(wire));
  return wire;
}

export function refuseFirst(findings: Iterable<Finding>): void {
  for (const { field, issue } of findings) {
    throw paramError('参数错误', at(field, issue));
  }
}

export function at(field: string, issue: string) {
  return { field, issue, location: 'body' } as const;
}
