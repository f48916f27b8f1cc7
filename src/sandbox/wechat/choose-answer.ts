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

/** A /v3 call as it came in. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly target: string;
  readonly query: URLSearchParams;
  /** undefined: over the limit. */
  readonly body: Uint8Array | undefined;
  readonly match: RouteMatch;
}

/** What WeChat would do about a call. Looks only; the outcome's commit makes it so. Never throws. */
export function chooseAnswer(arrival: Arrival, world: SandboxState): Outcome {
  try {
    return decideOrThrow(arrival, world);
  } catch (error) {
    return { answer: error instanceof Refusal ? error.answer : brokenSandbox(error) };
  }
}

function decideOrThrow(arrival: Arrival, world: SandboxState): Outcome {
  const { request, target, query, body, match } = arrival;
  if (body === undefined) {
    throw bodyTooLarge();
  }
  const { WECHAT_MCHID, WECHAT_MERCHANT_SERIAL } = world.identity.credentials;
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
      publicKey: world.identity.merchantPublicKey,
    },
    world.realNow(),
  );
  if (world.rules.refuseUsedNonces && !world.nonces.use(nonce, world.realNow())) {
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
  if (world.rules.refuseUnknownSerial && platformSerial !== undefined) {
    mustBeKnown(platformSerial, world);
  }
  return match.route.handle({ pathValues: match.pathValues, query, body, platformSerial }, world);
}

/** The request's Wechatpay-Serial: the key whose signature, and whose ciphertexts, it is about. */
export function serialOf(request: IncomingMessage): string | undefined {
  const value = request.headers['wechatpay-serial'];
  return Array.isArray(value) ? value[0] : value;
}

function mustBeKnown(serial: string, world: SandboxState): void {
  if (!findPlatformKey(serial, world.identity, world.rules)) {
    throw paramError('平台证书序列号Wechatpay-Serial错误', wrongSerial('unknown'));
  }
}

function brokenSandbox(error: unknown): Answer {
  const message = `The sandbox itself failed: ${error instanceof Error ? error.message : error}`;
  const answer = failure(500, { code: 'SYSTEM_ERROR', message }, NUMBER.unlisted);
  return { ...answer, signedBy: 'nobody' };
}
