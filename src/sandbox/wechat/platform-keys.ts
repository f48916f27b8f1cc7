import type { CallKind } from '../http/call-log.ts';
import type { Identity, PlatformKey } from '../identity.ts';
import type { SandboxRules } from '../rules.ts';

/** The key that a Wechatpay-Serial names; undefined if the merchant does not have it. */
export function findPlatformKey(
  serial: string | undefined,
  { publicKeyMode, certificates }: Identity,
  rules: SandboxRules,
): PlatformKey | undefined {
  const keys = rules.certificates === 'none' ? [publicKeyMode] : [publicKeyMode, ...certificates];
  return keys.find((key) => key.serial === serial);
}

/** What decides which key signs a response. */
export interface SignedCall {
  /** The request's Wechatpay-Serial. */
  readonly serial: string | undefined;
  readonly kind: CallKind;
}

/**
 * The key for a response. The merchant selects it by its Wechatpay-Serial, for certificates too.
 * For a request without one, or with an unknown one, the rule `answersSignedBy` decides; the
 * certificates are signed by the newest of them, because a merchant who downloads them may have no
 * other key.
 */
export function signingKey(
  { serial, kind }: SignedCall,
  identity: Identity,
  rules: SandboxRules,
): PlatformKey {
  const named = findPlatformKey(serial, identity, rules);
  if (named || rules.certificates === 'none') {
    return named ?? identity.publicKeyMode;
  }
  const byCertificate = kind === 'certificates' || rules.answersSignedBy === 'certificate';
  return byCertificate ? identity.certificates[0] : identity.publicKeyMode;
}
