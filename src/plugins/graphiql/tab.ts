/** One tab of the page: an operation with its variables. */
export interface Tab {
  readonly query: string;
  /** JSON. */
  readonly variables: string;
}

/** Where a user of the page finds the sandbox's phone page; undefined for a real merchant. */
export type SandboxAddress = string | undefined;

/**
 * The number of the demo order, and when its service ends. They are only placeholders: page.js
 * replaces them each time the page is loaded, so that a walk through the tabs needs no editing.
 */
export const DEMO_ORDER = 'DEMO-0';
export const DEMO_END_DATE = '2000-01-01';

export function tab(query: string, variables: object): Tab {
  return { query, variables: JSON.stringify(variables, null, 2) };
}

/** A part of a comment that is not in every tab. */
export function onlyIf(shown: unknown, text: string): string {
  return shown ? text : '';
}

/** The comment that says what has to happen before an order goes on. */
export function confirmedFirst(sandbox: SandboxAddress): string {
  return sandbox
    ? `#    用户先在手机页面确认 The user confirms first:
#    ${sandbox}/`
    : `#    用户先在微信中确认。
#    The user confirms it in WeChat first.`;
}

/** The comment that warns of a create. */
export const REAL_ORDER = `
#
#    注意：这是真实商户，会创建真实订单。
#    This merchant is real, and so is the order.`;
