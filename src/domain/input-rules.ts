/**
 * `all`: rules that are known of WeChat Pay's pay-after orders, and those that are known only of its
 * sibling products. `confirmed`: only the former, for when a sibling's rule refuses what WeChat Pay
 * would accept.
 */
export type InputRules = 'all' | 'confirmed';
