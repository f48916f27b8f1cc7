import type { Ledger } from '../../ledger/ledger.ts';
import type { WechatPay } from '../../wechat/index.ts';
import type { Visibility } from '../access/visibility.ts';
import type { InputRules } from '../rules/issue-collector.ts';

/** What the writes to orders need of the world. */
export interface OrderServices {
  readonly wechat: WechatPay;
  readonly inputRules: InputRules;
  readonly ledger: Ledger;
  /** Whose orders these are. */
  readonly visibility: Visibility;
}
