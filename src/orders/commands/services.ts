import type { InputRules } from '../../domain/input-rules.ts';
import type { Visibility } from '../../domain/visibility.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { WechatPay } from '../../wechat/index.ts';

/** What the writes to orders need of the world. */
export interface OrderServices {
  readonly wechat: WechatPay;
  readonly inputRules: InputRules;
  readonly ledger: Ledger;
  /** Whose orders these are. */
  readonly visibility: Visibility;
}
