import { constants, publicEncrypt } from 'node:crypto';
import { textOf } from '../../http/json.ts';
import { announceEcho } from '../../notifications/events.ts';
import { fieldFindings } from '../../validation/body-findings.ts';
import { readObject } from '../../validation/body-object.ts';
import { isText, required } from '../../validation/field-checks.ts';
import { confirmed, type FieldRule } from '../../validation/field-rules.ts';
import { success } from '../answer.ts';
import { findPlatformKey } from '../platform-keys.ts';
import { decryptField, mustBeNamed } from '../sensitive.ts';
import type { Route } from './route.ts';

const FIELDS: readonly FieldRule[] = [
  ...confirmed('notify_url', isText),
  ...confirmed('echo_message', required, isText),
  ...confirmed('encrypted_echo_message', isText),
];

/**
 * 商户签名验签/加解密测试: returns both messages, the encrypted one for the key of the merchant's
 * certificate. With a notify_url a notification follows.
 */
export const securityEcho: Route = {
  kind: 'echo',
  method: 'POST',
  path: '/v3/security/echo',
  handle: (call, sandbox) => {
    const { identity, rules } = sandbox;
    const wire = readObject(call.body, (sent) =>
      fieldFindings(sent, { fields: FIELDS, lists: {} }, rules),
    );
    const key = mustBeNamed(call.platformSerial, (serial) =>
      findPlatformKey(serial, identity, rules),
    );
    const cipher = textOf(wire, 'encrypted_echo_message');
    const secret =
      cipher === undefined ? undefined : decryptField('encrypted_echo_message', cipher, key);
    const message = textOf(wire, 'echo_message') ?? '';
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const encrypted =
      secret === undefined
        ? undefined
        : publicEncrypt(
            { key: identity.merchantPublicKey, padding, oaepHash: 'sha1' },
            Buffer.from(secret),
          ).toString('base64');
    return {
      answer: success({
        echo_message: message,
        ...(encrypted !== undefined && { encrypted_echo_message: encrypted }),
      }),
      ...(wire['notify_url'] !== undefined && {
        commit: () => announceEcho(message, encrypted, sandbox),
      }),
    };
  },
};
