import { LedgerUnavailableError } from '../ledger/ledger.ts';
import {
  type InputIssue,
  type InputIssueCode,
  InvalidInputError,
} from '../orders/rules/field-rules.ts';
import { WechatError, WechatRefusedError, WechatUnavailableError } from '../wechat/index.ts';
import { builder } from './builder.ts';
import { BY_ANALOGY, CONFLICT, NEVER_TWICE, NUMBER_FREE } from './descriptions.ts';

const ErrorCode = builder.enumType('ErrorCode', {
  description: 'The kind of an error of a mutation. Each value says what to do next.',
  values: {
    INVALID_INPUT: {
      description: `Fix the fields listed in \`issues\`, then call again. No request was sent to WeChat Pay. ${NUMBER_FREE}`,
    },
    ORDER_CONFLICT: {
      description: `The outOrderNo was already used with different input, or for another user. createPayAfterOrder, createServiceOrder: query that order; for a different order use a new outOrderNo. If the query returns null: if you never used the number before, it belongs to another user: use a new one; if you did, that earlier call may still take effect: retry it with its own input. Other mutations: query the order; do not change the outOrderNo. ${CONFLICT}`,
    },
    ORDER_NOT_FOUND: {
      description: 'No such order for this caller: check outOrderNo, appid and serviceId.',
    },
    ORDER_STATE: {
      description:
        'The state of the order does not allow the operation: do not retry; query the order and continue from its state.',
    },
    ORDER_BUSY: {
      description:
        'WeChat Pay is collecting the payment of the order, or the user is paying. Nothing changed: retry the same call after `retryAfterSeconds`, or query the order.',
    },
    ORDER_NOT_STARTED: {
      description:
        'The service order was created but has not started, although it needs no confirmation. Do not start the service: cancel the order, then create another one with a new outOrderNo.',
    },
    PERMISSION_IN_USE: {
      description:
        'Orders under the permission are open: complete or cancel them, then call again.',
    },
    WECHAT_REFUSED: {
      description: `WeChat Pay rejected the request: fix the input, or let the operator of this server fix the merchant configuration; retrying without a fix fails again. ${NUMBER_FREE}`,
    },
    WECHAT_UNAVAILABLE: {
      description: 'The call was not accepted, and has no effect: retry the same call later.',
    },
    LEDGER_UNAVAILABLE: {
      description:
        'The database of this server failed. No request was sent to WeChat Pay: retry the same call.',
    },
    OUTCOME_UNKNOWN: {
      description: `The write may have taken effect: retry with identical input, not with a new number: ${NEVER_TWICE}`,
    },
  },
});

/** Every error of the commands; only a query has `untrusted`. */
type ExpectedError = InvalidInputError | LedgerUnavailableError | WechatError;
type ExpectedKind = Exclude<ExpectedError['kind'], 'untrusted'>;

/** Without its code here, a new kind of error does not compile. */
const CODES = {
  'invalid-input': 'INVALID_INPUT',
  'ledger-unavailable': 'LEDGER_UNAVAILABLE',
  'order-conflict': 'ORDER_CONFLICT',
  'order-not-found': 'ORDER_NOT_FOUND',
  'order-state': 'ORDER_STATE',
  'order-busy': 'ORDER_BUSY',
  'order-not-started': 'ORDER_NOT_STARTED',
  'permission-in-use': 'PERMISSION_IN_USE',
  refused: 'WECHAT_REFUSED',
  unavailable: 'WECHAT_UNAVAILABLE',
  'outcome-unknown': 'OUTCOME_UNKNOWN',
} as const satisfies Record<ExpectedKind, typeof ErrorCode.$inferType>;

export const UserError = builder
  .interfaceRef<{ readonly message: string; readonly kind: ExpectedKind }>('UserError')
  .implement({
    description: 'The fields that all error types of the mutations share.',
    fields: (t) => ({
      message: t.exposeString('message', {
        nullable: false,
        description:
          'A message for developers and logs. Its wording may change: use `code` in programs. It never contains values of the input.',
      }),
      code: t.field({
        type: ErrorCode,
        nullable: false,
        description: 'The kind of the error, for programs.',
        resolve: ({ kind }) => CODES[kind],
      }),
    }),
  });

function isExpectedKind(kind: ExpectedError['kind']): kind is ExpectedKind {
  return kind in CODES;
}

/** The code of an expected outcome of a mutation; undefined for any other error. */
export function expectedCode(error: unknown): string | undefined {
  const isExpected =
    error instanceof WechatError ||
    error instanceof InvalidInputError ||
    error instanceof LedgerUnavailableError;
  return isExpected && isExpectedKind(error.kind) ? CODES[error.kind] : undefined;
}

const InputIssueCodeEnum = builder.enumType('InputIssueCode', {
  description: 'The kind of one error in an input.',
  values: {
    REQUIRED: { description: 'The field is missing or empty.' },
    NOT_ALLOWED: { description: 'The field is not allowed here: omit it.' },
    TOO_LONG: { description: 'The text has too many characters.' },
    TOO_MANY: { description: 'The list has too many elements.' },
    OUT_OF_RANGE: { description: 'A number or a time is outside its limits.' },
    NOT_UNIQUE: { description: 'A name occurs twice in a list.' },
    BAD_FORMAT: {
      description:
        'The text does not have the required form, for example a ServiceTime that is no time, or a plain date where a time is required.',
    },
    BAD_CHARACTER: {
      description: 'The text has a character that is not allowed, such as an emoji.',
    },
  } satisfies Record<InputIssueCode, object>,
});

const InputIssueType = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One error in an input.',
  fields: (t) => ({
    path: t.exposeStringList('path', {
      nullable: false,
      description:
        'The path of the field in the argument `input`; list indices are strings: `["fees", "0", "feeName"]`. For a query or a subscription, only the name of the argument or of the field of `by`: `["queryId"]`.',
    }),
    code: t.expose('code', {
      type: InputIssueCodeEnum,
      nullable: false,
      description: 'The kind of the error, for programs.',
    }),
    message: t.exposeString('message', {
      nullable: false,
      description:
        'What is expected of the field, for developers. It never contains values of the input.',
    }),
  }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: `The input is invalid: fix the fields listed in \`issues\`, then call again. No request was sent to WeChat Pay. ${NUMBER_FREE} ${BY_ANALOGY}`,
  interfaces: [UserError],
  fields: (t) => ({
    issues: t.expose('issues', {
      type: [InputIssueType],
      nullable: false,
      description:
        'The errors of the input, at most 50, each with the path of its field. A value of a wrong type, such as a string for an Int, is an error in `errors` instead.',
    }),
  }),
});

builder.objectType(WechatRefusedError, {
  name: 'WechatRefusedError',
  description: `WeChat Pay rejected the request. This call changed nothing. See \`wechatCode\`; fix the input, or let the operator of this server fix the merchant configuration: retrying without a fix fails again. ${NUMBER_FREE}`,
  interfaces: [UserError],
  fields: (t) => ({
    wechatCode: t.string({
      nullable: false,
      description:
        "错误码: WeChat Pay's error code. WeChat Pay documents none for pay-after orders; those of service orders include PARAM_ERROR (an input is wrong), INVALID_REQUEST (a rule forbids it), NO_AUTH (the merchant lacks a permission) and SIGN_ERROR (the merchant's key is wrong).",
      resolve: ({ refusal }) => refusal.code,
    }),
    status: t.int({
      nullable: false,
      description: "HTTP status of WeChat Pay's response, from 400 to 499.",
      resolve: ({ refusal }) => refusal.status,
    }),
    field: t.string({
      description:
        'The field of the input that WeChat Pay names, with list indices: `fees.0.feeName`. Null if it names none. It may name a field that this server fills in.',
      resolve: ({ refusal }) => refusal.field,
    }),
    issue: t.string({
      description:
        'What WeChat Pay says is wrong with the field, in its own words, for developers. Null if it says nothing, or something that could contain a value of the input.',
      resolve: ({ refusal }) => refusal.issue,
    }),
    requestId: t.exposeString('requestId', {
      description:
        "WeChat Pay's Request-ID, for WeChat Pay's technical support. The digits after its last `-` are a detailed error number. Null if the response had none.",
    }),
  }),
});

builder.objectType(WechatUnavailableError, {
  name: 'WechatUnavailableError',
  description:
    'The call was not accepted: WeChat Pay could not be reached or limited the rate, or this server did not send it, because WeChat Pay is failing or too many calls are in progress. It is safe to retry the same call.',
  interfaces: [UserError],
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', {
      description:
        'Seconds to wait before a retry. Null if no time is known: retry with increasing waits.',
    }),
  }),
});

builder.objectType(LedgerUnavailableError, {
  name: 'LedgerUnavailableError',
  description:
    'The database of this server failed or did not respond in time. No request was sent to WeChat Pay: it is safe to retry the same call.',
  interfaces: [UserError],
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', {
      description: 'Seconds to wait before a retry. Always set, although the type allows null.',
    }),
  }),
});
