import { LedgerUnavailableError } from '../ledger/ledger.ts';
import { failureOf, successOf } from '../orders/commands/write-order.ts';
import { type InputIssue, InvalidInputError, idIssues } from '../orders/rules/field-rules.ts';
import {
  OrderNotStartedError,
  OrderStateError,
  type SendReport,
  WechatError,
  WechatRefusedError,
  WechatUntrustedError,
} from '../wechat/index.ts';
import type { CallFacts, GraphQLContext } from './context.ts';
import { expectedCode } from './errors.ts';
import { badArguments, codeOf, queryError } from './query-errors.ts';

interface Ids {
  readonly appid?: string | null | undefined;
  readonly serviceId?: string | null | undefined;
}

/** An omitted value comes from the configuration; empty if that has none either. */
export function withDefaults({ appid, serviceId }: Ids, { defaults }: GraphQLContext) {
  return {
    appid: appid ?? defaults.appid ?? '',
    serviceId: serviceId ?? defaults.serviceId ?? '',
  };
}

/** Throws BAD_USER_INPUT with every issue of the arguments of a query. */
export function assertValidArguments(
  { appid, serviceId }: { readonly appid: string; readonly serviceId: string },
  issues: readonly InputIssue[],
  { inputRules }: Pick<GraphQLContext, 'inputRules'>,
): void {
  const missing = Object.entries({ appid, serviceId })
    .filter(([, value]) => value === '')
    .map(([name]): InputIssue => {
      const message = 'Required: no default is configured.';
      return { path: [name], code: 'REQUIRED', message };
    });
  const all = [...missing, ...idIssues({ appid, serviceId }, inputRules), ...issues];
  if (all.length > 0) {
    throw badArguments(all);
  }
}

/** A write or a query, as the log names it. */
interface NamedCall {
  /** The root field, or `Type.field`. */
  readonly operation: string;
  /** Undefined if the call does not name the order. */
  readonly outOrderNo?: string | undefined;
}

/** An order that was loaded before a write is outdated after it. Each write is a line of the log. */
export async function writing<T>(
  context: GraphQLContext,
  named: NamedCall,
  write: () => Promise<T>,
): Promise<T> {
  const { calls, outcome, orderReads, sharedQueries } = context;
  const sinceMs = performance.now();
  try {
    calls.write();
    const result = await write();
    note(context, { ...named, sinceMs }, 'OK', factsOfSuccess(outcome.sent));
    return result;
  } catch (error) {
    outcome.refusal = expectedCode(error);
    const facts = factsOfFailure(error, outcome.sent);
    note(context, { ...named, sinceMs }, outcome.refusal ?? codeOf(error), facts);
    throw error;
  } finally {
    for (const product of PRODUCTS) {
      orderReads[product].clear();
      if (named.outOrderNo !== undefined) {
        sharedQueries[product].forget(named.outOrderNo);
      }
    }
  }
}

/**
 * The answer of WeChat Pay to a query. A failure is a line of the log, unless the client has left.
 * @throws GraphQLError
 */
export async function reading<T>(
  context: GraphQLContext,
  named: NamedCall,
  read: () => Promise<T>,
): Promise<T> {
  const sinceMs = performance.now();
  try {
    return await read();
  } catch (error) {
    const thrown = queryError(error);
    if (!context.signal?.aborted) {
      note(context, { ...named, sinceMs }, codeOf(thrown), factsOfFailure(error, undefined));
    }
    throw thrown;
  }
}

/** An order of the other product with the same number is read again: that costs little. */
const PRODUCTS = ['payAfterOrders', 'serviceOrders'] as const;

function note(
  { outcome: ofRequest, onCall }: GraphQLContext,
  { operation, outOrderNo, sinceMs }: NamedCall & { readonly sinceMs: number },
  outcome: string,
  facts: CallFacts,
): void {
  const known = outOrderNo !== undefined && ORDER_NUMBER.test(outOrderNo) ? outOrderNo : undefined;
  const call = { operation, outOrderNo: known, outcome, ms: performance.now() - sinceMs, facts };
  if (outcome !== 'OK') {
    ofRequest.failures = [...ofRequest.failures, call];
  }
  onCall(call);
}

/** What cannot be an order number is not logged: callers confuse fields. */
const ORDER_NUMBER = /^[\w\-|*]{1,32}$/;

/** What the log says about a call that took effect. */
function factsOfSuccess(report: SendReport | undefined): CallFacts {
  const { attempts, httpStatus, wechatRequestId } = successOf(report);
  return present({ attempts, status: httpStatus, wechatRequestId });
}

/** Why a write or a query failed, as far as it is known. */
function factsOfFailure(error: unknown, report: SendReport | undefined): CallFacts {
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

/** The error at the end of the chain, which has the text that an administrator searches for. */
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
