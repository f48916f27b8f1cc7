import type { InputRules } from '../../domain/input-rules.ts';
import type { PermissionKey } from '../../wechat/index.ts';
import { createIssueCollector, type InputIssue, idIssues, userKeyIssues } from './field-rules.ts';

interface Ids {
  readonly appid: string;
  readonly serviceId: string;
}

/** Checks the key of a permission. The length of an authorization code is not documented. */
export function permissionKeyIssues(key: PermissionKey, rules: InputRules): readonly InputIssue[] {
  if ('openid' in key) {
    return [...userKeyIssues(key.openid, rules), ...dotIssues('openid', key.openid, rules)];
  }
  return codeIssues(key.authorizationCode, rules);
}

/** Checks the input of an application for a permission; `notifyUrl` only if the caller gives one. */
export function applyPermissionIssues(
  {
    authorizationCode,
    notifyUrl,
    ...ids
  }: Ids & {
    readonly authorizationCode: string;
    readonly notifyUrl?: string | null | undefined;
  },
  rules: InputRules,
): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  if (typeof notifyUrl === 'string') {
    found.length(notifyUrl, 255, 'confirmed', ['notifyUrl']);
    found.characters(notifyUrl, 'confirmed', ['notifyUrl']);
    const isPublic = URL.canParse(notifyUrl) && /^https:\/\/[^?#]+$/.test(notifyUrl);
    const message = 'Must be a public https URL without a query.';
    found.check(isPublic, 'confirmed', ['notifyUrl'], 'BAD_FORMAT', message);
  }
  return [...requiredIds(ids, rules), ...codeIssues(authorizationCode, rules), ...found.issues];
}

/** Checks the input of the end of a permission. */
export function terminatePermissionIssues(
  { reason, by, ...ids }: Ids & { readonly reason: string; readonly by: PermissionKey },
  rules: InputRules,
): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  found.required(reason, 'confirmed', ['reason']);
  found.length(reason, 50, 'confirmed', ['reason']);
  found.characters(reason, 'confirmed', ['reason']);
  const ofKey = permissionKeyIssues(by, rules).map((issue) => ({
    ...issue,
    path: ['by', ...issue.path],
  }));
  return [...requiredIds(ids, rules), ...ofKey, ...found.issues];
}

function requiredIds(ids: Ids, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  found.required(ids.appid, 'confirmed', ['appid']);
  found.required(ids.serviceId, 'confirmed', ['serviceId']);
  return [...found.issues, ...idIssues(ids, rules)];
}

function codeIssues(code: string, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  found.required(code, 'confirmed', ['authorizationCode']);
  found.characters(code, 'confirmed', ['authorizationCode']);
  return [...found.issues, ...dotIssues('authorizationCode', code, rules)];
}

/** It is a part of the path of a request. */
function dotIssues(name: string, value: string, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  const message = 'Must not be . or .., which servers remove from the path of a request.';
  found.check(!/^\.{1,2}$/.test(value), 'confirmed', [name], 'BAD_CHARACTER', message);
  return found.issues;
}
