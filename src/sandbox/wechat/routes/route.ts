import type { CallKind } from '../../http/call-log.ts';
import type { PathValues } from '../../http/request.ts';
import type { SandboxState } from '../../sandbox.ts';
import type { Answer } from '../answer.ts';

/** A call with a valid Authorization. */
export interface WechatCall {
  readonly pathValues: PathValues;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  /** The request's Wechatpay-Serial. */
  readonly platformSerial: string | undefined;
}

/** The result of a call. It takes effect only when `commit` is called: a fault may prevent it. */
export interface Outcome {
  readonly answer: Answer;
  readonly commit?: () => void;
}

/**
 * One WeChat Pay endpoint. `handle` changes nothing, and throws a Refusal for what WeChat Pay
 * refuses.
 */
export interface Route {
  readonly kind: CallKind;
  readonly method: 'GET' | 'POST';
  /** With `{name}` for a variable segment. */
  readonly path: string;
  readonly handle: (call: WechatCall, sandbox: SandboxState) => Outcome;
}
