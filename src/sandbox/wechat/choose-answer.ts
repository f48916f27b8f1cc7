import type { IncomingMessage } from 'node:http';
import type { SandboxState } from '../sandbox.ts';
import { type Answer, failure, NUMBER } from './answer.ts';
import { authorize, usedNonce } from './authorization.ts';
import { findPlatformKey } from './platform-keys.ts';
import {
  bodyTooLarge,
  invalidRequest,
  methodNotAllowed,
  noSuchResource,
  paramError,
  Refusal,
} from './refusal.ts';
import type { RouteMatch } from './routes/index.ts';
import type { Outcome } from './routes/route.ts';
import { wrongSerial } from './sensitive.ts';

/** A raw /v3 call. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly target: string;
  readonly query: URLSearchParams;
  /** undefined: above the size limit. */
  readonly body: Uint8Array | undefined;
  readonly match: RouteMatch;
}

/**
 * Decides WeChat Pay's response to a call. Changes nothing; the outcome's commit does. Never
 * throws.
 */
export function chooseAnswer(arrival: Arrival, sandbox: SandboxState): Outcome {
  try {
    return decideOrThrow(arrival, sandbox);
  } catch (error) {
    return { answer: error instanceof Refusal ? error.answer : brokenSandbox(error) };
  }
}

function decideOrThrow(arrival: Arrival, sandbox: SandboxState): Outcome {
  const { request, target, query, body, match } = arrival;
  if (body === undefined) {
    throw bodyTooLarge();
  }
  const { WECHAT_MCHID, WECHAT_MERCHANT_SERIAL } = sandbox.identity.credentials;
  const nonce = authorize(
    {
      method: request.method ?? '',
      target,
      authorization: request.headers.authorization,
      body,
    },
    {
      mchid: WECHAT_MCHID,
      serial: WECHAT_MERCHANT_SERIAL,
      publicKey: sandbox.identity.merchantPublicKey,
    },
    sandbox.realNow(),
  );
  if (sandbox.rules.refuseUsedNonces && !sandbox.nonces.use(nonce, sandbox.realNow())) {
    throw usedNonce();
  }
  if (!request.headers.accept || !request.headers['user-agent']) {
    throw invalidRequest('Http头缺少Accept或User-Agent', NUMBER.unlisted);
  }
  if (!match.route) {
    throw match.allowed.length > 0
      ? methodNotAllowed(match.allowed)
      : noSuchResource('请求的地址不存在');
  }
  const platformSerial = serialOf(request);
  if (sandbox.rules.refuseUnknownSerial && platformSerial !== undefined) {
    mustBeKnown(platformSerial, sandbox);
  }
  return match.route.handle({ pathValues: match.pathValues, query, body, platformSerial }, sandbox);
}

/** The request's Wechatpay-Serial: it selects the key for the signature and the ciphertexts. */
export function serialOf(request: IncomingMessage): string | undefined {
  const value = request.headers['wechatpay-serial'];
  return Array.isArray(value) ? value[0] : value;
}

function mustBeKnown(serial: string, sandbox: SandboxState): void {
  if (!findPlatformKey(serial, sandbox.identity, sandbox.rules)) {
    throw paramError('平台证书序列号Wechatpay-Serial错误', wrongSerial('unknown'));
  }
}

function brokenSandbox(error: unknown): Answer {
  const message = `The sandbox itself failed: ${error instanceof Error ? error.message : error}`;
  const answer = failure(500, { code: 'SYSTEM_ERROR', message }, NUMBER.unlisted);
  return { ...answer, signedBy: 'nobody' };
}
