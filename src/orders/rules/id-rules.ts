import type { InputRules } from '../../domain/input-rules.ts';
import type { PayAfterOrderKey } from '../../wechat/index.ts';
import type { InputIssue } from './input-issue.ts';
import { createIssueCollector, type IssueCollector } from './issue-collector.ts';

interface Ids {
  readonly appid: string;
  readonly serviceId: string;
}

const IDENTIFIER = /^[\w\-|*]*$/;
const ONLY = 'Only digits, letters and _ - | *.';

/** The rules for the merchant's own order number: its limits are those of serviceorder. */
function checkOutOrderNo(found: IssueCollector, outOrderNo: string) {
  const path = ['outOrderNo'];
  found.required(outOrderNo, 'confirmed', path);
  found.length(outOrderNo, 32, 'analogy', path);
  found.characters(outOrderNo, 'confirmed', path);
  const isDotSegment = /^\.{1,2}$/.test(outOrderNo);
  found.check(
    !isDotSegment,
    'confirmed',
    path,
    'BAD_CHARACTER',
    'Not . or .., which servers remove from the path of a request.',
  );
  found.check(isDotSegment || IDENTIFIER.test(outOrderNo), 'analogy', path, 'BAD_CHARACTER', ONLY);
}

/** The ids by which every write names its order. */
export function checkIds(
  found: IssueCollector,
  { outOrderNo, appid, serviceId }: Ids & { readonly outOrderNo: string },
) {
  checkOutOrderNo(found, outOrderNo);
  found.required(appid, 'confirmed', ['appid']);
  found.required(serviceId, 'confirmed', ['serviceId']);
  checkFormOfIds(found, { appid, serviceId });
}

function checkFormOfIds(found: IssueCollector, { appid, serviceId }: Ids) {
  for (const [name, value] of Object.entries({ appid, serviceId })) {
    found.length(value, 32, 'analogy', [name]);
    found.characters(value, 'confirmed', [name]);
  }
}

/** What is wrong with the ids of a query, where they are there. */
export function idIssues(ids: Ids, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  checkFormOfIds(found, ids);
  return found.issues;
}

/** What is wrong with the key of a query. */
export function orderKeyIssues(key: PayAfterOrderKey, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  if ('outOrderNo' in key) {
    checkOutOrderNo(found, key.outOrderNo);
  } else {
    found.required(key.queryId, 'confirmed', ['queryId']);
    found.length(key.queryId, 64, 'analogy', ['queryId']);
    found.characters(key.queryId, 'confirmed', ['queryId']);
  }
  return found.issues;
}

/** What is wrong with the openid of a query. */
export function userKeyIssues(openid: string, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  found.required(openid, 'confirmed', ['openid']);
  found.length(openid, 128, 'analogy', ['openid']);
  found.characters(openid, 'confirmed', ['openid']);
  return found.issues;
}

/**
 * What is wrong with the merchant's number of a request for authorisation. Its length and characters
 * are those of the ordinary authorisation; separators would sign other parameters along with it.
 */
export function requestNoIssues(outRequestNo: string, rules: InputRules): readonly InputIssue[] {
  const found = createIssueCollector(rules);
  const path = ['outRequestNo'];
  found.required(outRequestNo, 'confirmed', path);
  found.length(outRequestNo, 64, 'analogy', path);
  found.characters(outRequestNo, 'confirmed', path);
  const isSignable = !/[&=\p{Cc}]/u.test(outRequestNo);
  found.check(
    isSignable,
    'confirmed',
    path,
    'BAD_CHARACTER',
    'No &, = or control characters, because the value is signed.',
  );
  found.check(!isSignable || IDENTIFIER.test(outRequestNo), 'analogy', path, 'BAD_CHARACTER', ONLY);
  return found.issues;
}
