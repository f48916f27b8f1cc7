import { LedgerUnavailableError } from '../ledger/ledger-deadline.ts';
import { type InputIssue, InvalidInputError } from '../orders/rules/input-issue.ts';
import { WechatError, WechatRefusedError, WechatUnavailableError } from '../wechat/index.ts';
import { builder } from './builder.ts';

const ErrorCode = builder.enumType('ErrorCode', {
  description:
    'What the caller should do next, for programs. The members of all result unions share it.',
  values: {
    INVALID_INPUT: { description: 'Mend the input. Nothing was sent.' },
    ORDER_CONFLICT: { description: 'Take another outOrderNo, or query the order that has it.' },
    ORDER_NOT_FOUND: { description: 'Check the number: WeChat Pay knows no such order.' },
    ORDER_STATE: { description: 'Look at the present state of the order.' },
    WECHAT_REFUSED: { description: 'WeChat Pay said no. Repeating the call unchanged is useless.' },
    WECHAT_UNAVAILABLE: { description: 'Nothing was accepted. Repeat the same call later.' },
    LEDGER_UNAVAILABLE: {
      description: 'No request was sent to WeChat Pay. Retry the same call.',
    },
    OUTCOME_UNKNOWN: {
      description: 'It may have taken effect. Repeat the very same call, or query.',
    },
  },
});

/** Every error of the commands; a query alone has `untrusted`. */
type ExpectedError = InvalidInputError | LedgerUnavailableError | WechatError;
type ExpectedKind = Exclude<ExpectedError['kind'], 'untrusted'>;

/** Without its code here, a new kind of error does not compile. */
const CODES = {
  'invalid-input': 'INVALID_INPUT',
  'ledger-unavailable': 'LEDGER_UNAVAILABLE',
  'order-conflict': 'ORDER_CONFLICT',
  'order-not-found': 'ORDER_NOT_FOUND',
  'order-state': 'ORDER_STATE',
  refused: 'WECHAT_REFUSED',
  unavailable: 'WECHAT_UNAVAILABLE',
  'outcome-unknown': 'OUTCOME_UNKNOWN',
} as const satisfies Record<ExpectedKind, typeof ErrorCode.$inferType>;

export const UserError = builder
  .interfaceRef<{ readonly message: string; readonly kind: ExpectedKind }>('UserError')
  .implement({
    description: 'An expected outcome of a mutation other than success.',
    fields: (t) => ({
      message: t.exposeString('message', {
        nullable: false,
        description: "For people; its wording may change. Never holds a value of the caller's.",
      }),
      code: t.field({
        type: ErrorCode,
        nullable: false,
        description: 'For programs.',
        resolve: ({ kind }) => CODES[kind],
      }),
    }),
  });

/** The code of an expected outcome of a mutation; undefined for any other error. */
export function expectedCode(error: unknown): string | undefined {
  const isExpected =
    error instanceof WechatError ||
    error instanceof InvalidInputError ||
    error instanceof LedgerUnavailableError;
  return isExpected && error.kind !== 'untrusted' ? CODES[error.kind] : undefined;
}

const InputIssueType = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    path: t.exposeStringList('path', {
      nullable: false,
      description: 'The field as in the input, indices as strings: `["fees", "0", "feeName"]`.',
    }),
    code: t.exposeString('code', {
      nullable: false,
      description:
        'REQUIRED, NOT_ALLOWED, TOO_LONG, TOO_MANY, OUT_OF_RANGE, NOT_UNIQUE, BAD_FORMAT or BAD_CHARACTER.',
    }),
    message: t.exposeString('message', {
      nullable: false,
      description: 'What is expected; never what was given.',
    }),
  }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description:
    'The input breaks rules. Nothing was sent to WeChat Pay. Rules that are known only of sibling products are marked as analogies in the descriptions of the fields; `INPUT_RULES=confirmed` switches those off.',
  interfaces: [UserError],
  fields: (t) => ({
    issues: t.expose('issues', {
      type: [InputIssueType],
      nullable: false,
      description: 'Every failing field at once.',
    }),
  }),
});

builder.objectType(WechatRefusedError, {
  name: 'WechatRefusedError',
  description:
    'A definite no of WeChat Pay. No order was made by this call. Mend the input or the set-up of the merchant.',
  interfaces: [UserError],
  fields: (t) => ({
    wechatCode: t.string({
      nullable: false,
      description: "WeChat's own word (错误码), such as PARAM_ERROR, NO_AUTH or INVALID_REQUEST.",
      resolve: ({ refusal }) => refusal.code,
    }),
    status: t.int({
      nullable: false,
      description: 'HTTP status of the refusal, from 400 to 499.',
      resolve: ({ refusal }) => refusal.status,
    }),
    requestId: t.exposeString('requestId', {
      description:
        "WeChat's Request-ID: quote it to WeChat's support. The digits behind its last `-` are the finer error number. Null where a proxy took it away.",
    }),
  }),
});

builder.objectType(WechatUnavailableError, {
  name: 'WechatUnavailableError',
  description:
    'WeChat Pay could not be reached or asked for fewer calls. Nothing was accepted: the same call may safely be repeated.',
  interfaces: [UserError],
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', {
      description: 'How long WeChat Pay asked to wait; null where it named no time.',
    }),
  }),
});

builder.objectType(LedgerUnavailableError, {
  name: 'LedgerUnavailableError',
  description:
    "The server's own database failed or did not answer in time. No request was sent to WeChat Pay: the same call may safely be retried.",
  interfaces: [UserError],
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', {
      description: 'Seconds to wait before the retry.',
    }),
  }),
});
