import { idIssues } from '../orders/rules/field-rules.ts';
import type { InputIssue } from '../orders/rules/input-issue.ts';
import type { GraphQLContext } from './context.ts';
import { badArguments } from './query-errors.ts';

interface Ids {
  readonly appid?: string | null | undefined;
  readonly serviceId?: string | null | undefined;
}

/** What was left out comes from the configuration; empty where there is nothing either. */
export function withDefaults({ appid, serviceId }: Ids, { defaults }: GraphQLContext) {
  return {
    appid: appid ?? defaults.appid ?? '',
    serviceId: serviceId ?? defaults.serviceId ?? '',
  };
}

/** Throws BAD_USER_INPUT with every issue of a query's arguments. */
export function assertValidArguments(
  { appid, serviceId }: { readonly appid: string; readonly serviceId: string },
  issues: readonly InputIssue[],
  { inputRules }: Pick<GraphQLContext, 'inputRules'>,
): void {
  const missing = Object.entries({ appid, serviceId })
    .filter(([, value]) => value === '')
    .map(([name]): InputIssue => {
      const message = 'Give it, or have the server configured with a default.';
      return { path: [name], code: 'REQUIRED', message };
    });
  const all = [...missing, ...idIssues({ appid, serviceId }, inputRules), ...issues];
  if (all.length > 0) {
    throw badArguments(all);
  }
}
