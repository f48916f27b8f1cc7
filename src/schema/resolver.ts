import { type CallFacts, factsOfFailure, factsOfSuccess } from '../orders/commands/write-result.ts';
import { type InputIssue, idIssues } from '../orders/rules/field-rules.ts';
import type { GraphQLContext } from './context.ts';
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
  ofRequest.isLogged ||= outcome !== 'OK';
  const known = outOrderNo !== undefined && ORDER_NUMBER.test(outOrderNo) ? outOrderNo : undefined;
  onCall({ operation, outOrderNo: known, outcome, ms: performance.now() - sinceMs, facts });
}

/** What cannot be an order number is not logged: callers confuse fields. */
const ORDER_NUMBER = /^[\w\-|*]{1,32}$/;
