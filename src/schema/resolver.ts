import { idIssues } from '../orders/rules/field-rules.ts';
import type { InputIssue } from '../orders/rules/input-issue.ts';
import type { GraphQLContext } from './context.ts';
import { expectedCode } from './errors.ts';
import { badArguments } from './query-errors.ts';

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

/** An order that was loaded before a write is outdated after it. */
export async function writing<T>(
  { calls, outcome, orderReads, sharedQueries }: GraphQLContext,
  { outOrderNo }: { readonly outOrderNo: string },
  write: () => Promise<T>,
): Promise<T> {
  try {
    calls.write();
    return await write();
  } catch (error) {
    outcome.refusal = expectedCode(error);
    throw error;
  } finally {
    orderReads.clear();
    sharedQueries.forget(outOrderNo);
  }
}
