import { randomBytes } from 'node:crypto';

/** The sandbox's response to one /v3 call, before it is signed and sent. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The detailed error number at the end of `Request-ID`; 0 on success. */
  readonly number: number;
  /** `asked`: by the key that the request asks for. */
  readonly signedBy: 'asked' | 'nobody';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Detailed error numbers, as WeChat Pay publishes them for the PayScore family. */
export const NUMBER = {
  outOfRange: 268435464,
  tooOften: 268435472,
  noPermission: 268503786,
  badAuthorization: 270924332,
  notBound: 271302149,
  reentryDiffers: 271316598,
  orderNotFound: 271317510,
  wrongState: 271302262,
  canceled: 271302333,
  notCancellable: 271316592,
  endsBeforeStart: 271316637,
  aboveRisk: 271316656,
  /** 当前订单状态不合法: not confirmed yet. */
  stillToConfirm: 271302332,
  /** 仅待支付时可用. */
  onlyWhilePaying: 271316657,
  /** 单据正在扣款中. */
  debitRunning: 271316754,
  /** 支付分扣款失败. */
  debitFailed: 271316574,
  /** 综合评估未通过. */
  assessmentFailed: 271300099,
  /** The user has overdue orders that are not paid. */
  unpaidOrders: 271299627,
  /** 青少年模式. */
  youthMode: 268560785,
  /** Used for every error without a published number. */
  unlisted: 268435456,
} as const;

export function success(body: object): Answer {
  return { status: 200, text: JSON.stringify(body), number: 0, signedBy: 'asked' };
}

/** 204. */
export const NO_CONTENT: Answer = { status: 204, text: '', number: 0, signedBy: 'asked' };

export function failure(
  status: number,
  body: { readonly code: string; readonly message: string; readonly detail?: object },
  number: number,
): Answer {
  return { status, text: JSON.stringify(body), number, signedBy: 'asked' };
}

/** `{mark}-{number}`, the value of the header `Request-ID`. */
export function requestId(number: number): string {
  return `08${randomBytes(20).toString('hex').toUpperCase()}-${number}`;
}
