import { LedgerUnavailableError } from '../../ledger/ledger.ts';
import type { WriteResult } from '../../ledger/records.ts';
import {
  OrderBusyError,
  OrderConflictError,
  OrderNotFoundError,
  OrderNotStartedError,
  OrderStateError,
  OutcomeUnknownError,
  type SendReport,
  WechatError,
  WechatRefusedError,
  WechatUnavailableError,
  WechatUntrustedError,
} from '../../wechat/index.ts';
import { InvalidInputError } from '../rules/field-rules.ts';

/** How a write ended that took effect. */
export function successOf(report: SendReport | undefined): WriteResult {
  return {
    outcome: 'took-effect',
    attempts: report?.attempts ?? 0,
    reason: null,
    httpStatus: report?.status ?? null,
    wechatCode: report?.code ?? null,
    wechatMessage: null,
    wechatRequestId: report?.requestId ?? null,
  };
}

/** How a write ended that failed, as support needs it: the kind, and WeChat Pay's codes. */
export function failureOf(error: unknown, report: SendReport | undefined): WriteResult {
  const answer = error instanceof WechatError ? error : report;
  return {
    ...kindOf(error, report),
    attempts: report?.attempts ?? 0,
    httpStatus: answer?.status ?? null,
    wechatCode: answer?.code ?? null,
    wechatMessage: error instanceof WechatRefusedError ? error.refusal.explanation : null,
    wechatRequestId: answer?.requestId ?? null,
  };
}

function kindOf(
  error: unknown,
  report: SendReport | undefined,
): Pick<WriteResult, 'outcome' | 'reason'> {
  if (error instanceof OutcomeUnknownError) {
    return { outcome: 'unknown', reason: error.reason };
  }
  if (error instanceof WechatUnavailableError) {
    return { outcome: 'not-accepted', reason: error.reason ?? report?.reason ?? 'NOT_SENT' };
  }
  if (error instanceof OrderConflictError) {
    return { outcome: 'refused', reason: 'CONFLICT' };
  }
  if (error instanceof OrderNotStartedError) {
    return { outcome: 'took-effect', reason: 'NOT_STARTED' };
  }
  if (error instanceof OrderNotFoundError) {
    return { outcome: 'refused', reason: 'NOT_FOUND' };
  }
  if (error instanceof OrderStateError) {
    return { outcome: 'refused', reason: 'STATE' };
  }
  if (error instanceof OrderBusyError) {
    return { outcome: 'refused', reason: 'BUSY' };
  }
  return error instanceof WechatError
    ? { outcome: 'refused', reason: 'REFUSED' }
    : { outcome: 'unknown', reason: 'INTERNAL_ERROR' };
}

/** Facts of a call for the log: names, codes and the words of system errors, no value of a caller. */
export type CallFacts = Readonly<Record<string, string | number | readonly string[]>>;

/** What the log says about a call that took effect. */
export function factsOfSuccess(report: SendReport | undefined): CallFacts {
  const { attempts, httpStatus, wechatRequestId } = successOf(report);
  return present({ attempts, status: httpStatus, wechatRequestId });
}

/** Why a write or a query failed, as far as it is known. */
export function factsOfFailure(error: unknown, report: SendReport | undefined): CallFacts {
  if (error instanceof InvalidInputError) {
    return present({ issues: error.issues.slice(0, MOST_LOGGED).map(nameIssue) });
  }
  if (error instanceof LedgerUnavailableError) {
    const { cause } = error;
    const hint = ownText(cause, 'hint');
    // The message of a database may quote what was to be stored. Those that have no code and are
    // known do not.
    const known = hint === undefined ? undefined : innermost(cause)?.message;
    return present({
      reason: cause === undefined ? 'LEDGER_TIMEOUT' : 'LEDGER_FAILED',
      attempts: 0,
      cause: ownText(cause, 'code') ?? known,
      hint,
    });
  }
  if (!(error instanceof WechatError)) {
    return present({ attempts: report?.attempts });
  }
  const { reason, attempts, httpStatus, wechatCode, wechatMessage, wechatRequestId } = failureOf(
    error,
    report,
  );
  const refusal = error instanceof WechatRefusedError ? error.refusal : undefined;
  return present({
    reason: error instanceof WechatUntrustedError ? 'UNTRUSTED_ANSWER' : reason,
    wechatCode,
    wechatMessage,
    wechatField: refusal?.field,
    wechatIssue: refusal?.issue,
    status: httpStatus,
    wechatRequestId,
    attempts: report === undefined ? (error.attempts ?? 0) : attempts,
    state:
      error instanceof OrderStateError || error instanceof OrderNotStartedError
        ? error.state
        : null,
    cause: words(innermost(error.cause)),
  });
}

/** As many issues as a line shows. */
const MOST_LOGGED = 10;

function nameIssue({ path, code }: InvalidInputError['issues'][number]): string {
  return `${path.join('.')} ${code}`;
}

interface Cause {
  readonly code: string;
  readonly message: string;
}

/** The error at the end of the chain, which has the words that an administrator searches for. */
function innermost(error: unknown): Cause | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const [first]: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const deeper = innermost(error.cause ?? first);
  if (deeper !== undefined) {
    return deeper;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, message: error.message };
}

/** A property of the first error of the chain that has it. */
function ownText(error: unknown, name: 'code' | 'hint'): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : ownText(error.cause, name);
}

const LONGEST_CAUSE = 200;

function words(cause: Cause | undefined): string | undefined {
  if (cause === undefined) {
    return undefined;
  }
  const { code, message } = cause;
  const isNamed = code === 'Error' || message.includes(code);
  return (isNamed ? message : `${code}: ${message}`).trim().slice(0, LONGEST_CAUSE) || undefined;
}

/** Without what is not known. */
function present(
  facts: Readonly<Record<string, string | number | readonly string[] | null | undefined>>,
): CallFacts {
  const known = Object.entries(facts).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(known);
}
