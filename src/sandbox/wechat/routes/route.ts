import type { CallKind } from '../../http/call-log.ts';
import type { PathValues } from '../../http/request.ts';
import type { SandboxState } from '../../sandbox.ts';
import type { Answer } from '../answer.ts';

/** A call whose Authorization has been accepted. */
export interface WechatCall {
  readonly pathValues: PathValues;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  /** The request's Wechatpay-Serial. */
  readonly platformSerial: string | undefined;
}

/** What a call comes to. Nothing has happened until `commit` is called: a fault may prevent it. */
export interface Outcome {
  readonly answer: Answer;
  readonly commit?: () => void;
}

/** One endpoint of WeChat. `handle` looks only, and throws a Refusal for what WeChat refuses. */
export interface Route {
  readonly kind: CallKind;
  readonly method: 'GET' | 'POST';
  /** With `{name}` for a part that varies. */
  readonly path: string;
  readonly handle: (call: WechatCall, world: SandboxState) => Outcome;
}
