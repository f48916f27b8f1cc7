import type { WechatPay } from '../wechat/index.ts';
import type { InputRules } from './findings.ts';
import type { Ledger } from './ledger.ts';
import type { Reach } from './reach.ts';

/** What the writes to orders need of the world. */
export interface OrderDesk {
  readonly wechat: WechatPay;
  readonly inputRules: InputRules;
  readonly ledger: Ledger;
  /** Whose orders these are. */
  readonly reach: Reach;
}
