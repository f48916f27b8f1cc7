import { randomBytes } from 'node:crypto';
import type { JsonObject } from './json.ts';

export function newOutOrderNo(): string {
  return `T${randomBytes(8).toString('hex')}`;
}

/** An input with the required fields only; `undefined` takes one out. */
export function orderInput(changes: JsonObject = {}): JsonObject {
  return {
    outOrderNo: newOutOrderNo(),
    serviceStartTime: 'OnAccept',
    serviceStartLocation: '深圳湾体育中心',
    serviceIntroduction: '共享单车骑行',
    riskAmount: 10_000,
    ...changes,
  };
}

/** What tells people apart; the sandbox shows it decrypted. */
export const PERSONAL = {
  name: '张三',
  phone: '13800138000',
  userid: '110101199003078515',
  address: '深圳市南山区滨海大道3001号',
};
