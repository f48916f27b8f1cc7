import type { Identity, PlatformKey } from '../identity.ts';
import type { SandboxRules } from '../rules.ts';
import type { Answer } from './answer.ts';

/** The key that a Wechatpay-Serial names; undefined if the merchant does not have it. */
export function findPlatformKey(
  serial: string | undefined,
  { publicKeyMode, certificates }: Identity,
  rules: SandboxRules,
): PlatformKey | undefined {
  const keys = rules.certificates === 'none' ? [publicKeyMode] : [publicKeyMode, ...certificates];
  return keys.find((key) => key.serial === serial);
}

/**
 * The key for a response. The merchant selects it by its Wechatpay-Serial; without one, or with an
 * unknown one, the certificate signs.
 */
export function signingKey(
  answer: Answer,
  serial: string | undefined,
  identity: Identity,
  rules: SandboxRules,
): PlatformKey {
  if (rules.certificates === 'none') {
    return identity.publicKeyMode;
  }
  const asked = answer.signedBy === 'asked' ? findPlatformKey(serial, identity, rules) : undefined;
  return asked ?? identity.certificates[0];
}
