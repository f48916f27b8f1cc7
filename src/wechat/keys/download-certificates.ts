import { X509Certificate } from 'node:crypto';
import { parseObject, readCode } from '../calls/classify-response.ts';
import { type Signer, sendSigned } from '../calls/run-attempts.ts';
import { isObject } from '../codec/codec.ts';
import { decryptWithAny, isOfOtherAlgorithm } from '../crypto/encryption.ts';
import {
  type KeyRing,
  platformKeys,
  type SignedMessage,
  verifySignature,
} from '../crypto/signature.ts';
import type { TransportResult } from '../http/transport.ts';

/** The download failed: the message says why and what to do. */
class CertificatesError extends Error {
  override readonly name = 'CertificatesError';
}

class UnsignedError extends CertificatesError {}

/** The merchant has no platform certificates: new merchants have a public key instead. */
export class NoCertificatesError extends CertificatesError {}

export interface DownloadContext extends Signer {
  readonly keys: KeyRing;
  /** The current one first. */
  readonly apiv3Keys: readonly string[];
  readonly timeoutMs: number;
}

export const CERTIFICATES = '/v3/certificates';

/**
 * GET /v3/certificates. Encryption with the APIv3 key proves that a certificate is WeChat Pay's;
 * the response as a whole must then be signed with a valid one of them, or with a valid key known
 * before.
 * @throws CertificatesError
 */
export async function downloadCertificates(
  context: DownloadContext,
): Promise<readonly X509Certificate[]> {
  const { keys, apiv3Keys, now } = context;
  const answer = mustBeFine(await request(context));
  const certificates = read(answer.body, apiv3Keys);
  verify(answer, certificates, keys, now());
  return certificates;
}

function request(context: DownloadContext): Promise<TransportResult> {
  const { keys, timeoutMs } = context;
  const platformSerial = keys.current()?.serial;
  const body = new Uint8Array();
  return sendSigned(
    { method: 'GET', target: CERTIFICATES, body, platformSerial, timeoutMs },
    context,
  );
}

/**
 * The result of one signed call with new keys. `unproved`: WeChat Pay did not respond, or with an
 * error that says nothing about the keys.
 */
export type KeyTrial =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' | 'unproved'; readonly problem: string };

/**
 * Tries keys with one GET /v3/certificates: WeChat Pay has to accept the signature, the response has
 * to be verified, and what is encrypted in it has to be decrypted. Every merchant may call it, also
 * one that has no platform certificates.
 */
export async function tryKeys(context: DownloadContext): Promise<KeyTrial> {
  const answer = await request(context);
  if (answer.type !== 'answered') {
    return { kind: 'unproved', problem: `WeChat Pay did not respond (${answer.type}).` };
  }
  const { status } = answer;
  const code = readCode(answer);
  if (status === 401) {
    const problem =
      'WeChat Pay rejected the signature (401): the merchant serial and the merchant key do not match, or the clock is off.';
    return { kind: 'refused', problem };
  }
  if (status !== 200 && !(status === 404 && code === 'RESOURCE_NOT_EXISTS')) {
    return { kind: 'unproved', problem: `WeChat Pay answered ${status}${code ? ` ${code}` : ''}.` };
  }
  try {
    const { keys, apiv3Keys, now } = context;
    const certificates = status === 200 && apiv3Keys.length > 0 ? read(answer.body, apiv3Keys) : [];
    verify(answer, certificates, keys, now());
    return { kind: 'accepted' };
  } catch (error) {
    if (!(error instanceof CertificatesError)) {
      throw error;
    }
    // A refusal need not be signed, and a proxy may have removed the signature of any response.
    const unsigned = error instanceof UnsignedError;
    return unsigned && status === 404
      ? { kind: 'accepted' }
      : { kind: unsigned ? 'unproved' : 'refused', problem: error.message };
  }
}

/** @throws CertificatesError */
function verify(
  answer: SignedMessage,
  certificates: readonly X509Certificate[],
  keys: KeyRing,
  nowMs: number,
): void {
  const downloaded = platformKeys(undefined, certificates);
  const find = (serial: string) => downloaded.find(serial, nowMs) ?? keys.find(serial);
  const failure = verifySignature(answer, find, nowMs);
  if (failure !== undefined) {
    const problem = `the signature of the response is invalid (${failure.why}): check the clock and proxies${failure.why === 'wrong-signature' || failure.why === 'unknown-serial' ? ', and the keys of WeChat Pay' : ''}.`;
    throw failure.why === 'unsigned' ? new UnsignedError(problem) : new CertificatesError(problem);
  }
}

function mustBeFine(delivery: TransportResult): Extract<TransportResult, { type: 'answered' }> {
  if (delivery.type !== 'answered') {
    throw new CertificatesError(`WeChat Pay did not respond (${delivery.type}).`);
  }
  const { status } = delivery;
  if (status === 200) {
    return delivery;
  }
  const code = readCode(delivery);
  if (status === 404 && code === 'RESOURCE_NOT_EXISTS') {
    throw new NoCertificatesError(
      "this merchant has no platform certificates: set WeChat Pay's public key and its id.",
    );
  }
  const word = code === null ? '' : ` ${code}`;
  const hint = status === 401 ? ': check the merchant serial, the merchant key and the clock' : '';
  throw new CertificatesError(`WeChat Pay answered ${status}${word}${hint}.`);
}

function read(body: Uint8Array, apiv3Keys: readonly string[]): readonly X509Certificate[] {
  const data = parseObject(body)?.['data'];
  const items: readonly unknown[] = Array.isArray(data) ? data : [];
  const sealed = items.map((item) => (isObject(item) ? item['encrypt_certificate'] : undefined));
  if (sealed.some((one) => isObject(one) && isOfOtherAlgorithm(one))) {
    throw new CertificatesError(
      'a certificate is encrypted by an algorithm other than AEAD_AES_256_GCM: only merchants of the RSA algorithms are supported.',
    );
  }
  const certificates = sealed
    .map((one) => certificate(isObject(one) ? decryptWithAny(one, apiv3Keys) : undefined))
    .filter((one) => one !== undefined)
    .filter(({ publicKey }) => publicKey.asymmetricKeyType === 'rsa');
  if (certificates.length === 0 || certificates.length < items.length) {
    throw new CertificatesError(
      'decrypting or reading a certificate failed: check the APIv3 key, and the previous one.',
    );
  }
  return certificates;
}

function certificate(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
