/**
 * Behavior of service orders and permissions that WeChat Pay's sources do not state, or on which
 * they disagree.
 */
export interface ServiceOrderRules {
  /**
   * What a create without confirmation does: it starts the service, it stays CREATED (which means
   * that it failed), or the merchant may not use this mode (NO_AUTH). Default starts.
   */
  readonly withoutConfirmation: 'starts' | 'stays-created' | 'refused';
  /** The need_user_confirm of a create without that field. Default true. */
  readonly needUserConfirmDefault: boolean;
  /** A create needs a notify_url; false: WeChat Pay knows one of the merchant. Default true. */
  readonly notifyUrlRequired: boolean;
  /** A service order's notify_url must be https and have no query. Default true. */
  readonly notifyUrlMustBeHttps: boolean;
  /** The names of risk_fund that the service_id allows: 先免, 先享, or both. Default any. */
  readonly riskFundNames: 'deposit' | 'estimate' | 'any';
  /**
   * The risk cap of the service_id in fen: the most that risk_fund, and the total of an order with
   * ESTIMATE_ORDER_COST, may be; null: no cap. Default null.
   */
  readonly riskCap: number | null;
  /** How long end_time_remark may be. Default 20. */
  readonly endTimeRemarkLength: 20 | 50;
  /** Whether the amount of a discount in a create is part of the order. Default kept. */
  readonly discountAmountAtCreate: 'kept' | 'ignored';
  /**
   * What WeChat Pay's assessment of the user yields, at a create without confirmation and when the
   * user confirms. Default passes.
   */
  readonly assessment: 'passes' | 'fails' | 'unpaid-orders' | 'youth-mode';
  /**
   * What a repeated create must have in common with the first: everything, or only appid,
   * service_id, user, amounts of the payments and risk_fund.amount. Default everything.
   */
  readonly createCompares: 'everything' | 'terms';
  /** A repeated create returns the same package; false: another one, which then counts. Default true. */
  readonly samePackageOnRepeat: boolean;
  /** Create returns a package without confirmation too. Default true. */
  readonly packageWithoutConfirm: boolean;
  /** A user who has left the page cannot confirm the order any more. Default true. */
  readonly packageSingleUse: boolean;
  /**
   * Refusals because of the state: as merchants saw them (INVALID_REQUEST or PARAM_ERROR), or as the
   * table of errors lists them (INVALID_ORDER_STATE, ORDER_CANCELED, ORDER_DONE). The detailed error
   * numbers are the same. Default as-seen.
   */
  readonly stateRefusals: 'as-seen' | 'as-listed';
  /**
   * Whether WeChat Pay can collect the payment of a service order; `fails`: the user's wallet is
   * empty until the user pays. Default succeeds.
   */
  readonly collection: 'succeeds' | 'fails';
  /** What pay answers while `collection` fails: success, or 271316574. Default accepted. */
  readonly payOnEmptyWallet: 'accepted' | 'refused';
  /**
   * Seconds of the business clock for which a debit of a service order runs after complete and pay:
   * meanwhile cancel, modify, sync and another pay are refused as busy. Default 0.
   */
  readonly debitSeconds: number;
  /** A service order that is completed and not paid may be canceled. Default true. */
  readonly cancelWhilePaying: boolean;
  /** The state of a service order after a complete with a total of 0. Default DONE. */
  readonly stateAfterZeroTotal: 'DONE' | 'DOING';
  /** A total of 0 that ends the order is notified as a payment. Default false. */
  readonly notifyAfterZeroTotal: boolean;
  /** need_collection after a complete with a total of 0. Default false. */
  readonly needCollectionAtZero: boolean;
  /** An order can be modified only once. Default false. */
  readonly modifyOnce: boolean;
  /** A modify may lower the total to 0. Default true. */
  readonly modifyToZero: boolean;
  /** The bytes of a modify that succeeded succeed again; false: not lower than before. Default true. */
  readonly repeatedModifySucceeds: boolean;
  /** collection.details has an empty object before the payment. Default false. */
  readonly emptyDetailBeforePayment: boolean;
  /** In how many details a payment through WeChat Pay is shown. Default 1. */
  readonly paymentDetails: number;
  /** Where a paid order shows the coupon that paid a part of it; `none`: nowhere. Default none. */
  readonly promotionDetail: 'none' | 'in-detail' | 'in-collection' | 'top-level';
  /** total_amount is a string in the payload of a notification. Default false. */
  readonly notifyTotalAsText: boolean;
}

export const DEFAULT_SERVICE_ORDER_RULES: ServiceOrderRules = {
  withoutConfirmation: 'starts',
  needUserConfirmDefault: true,
  notifyUrlRequired: true,
  notifyUrlMustBeHttps: true,
  riskFundNames: 'any',
  riskCap: null,
  endTimeRemarkLength: 20,
  discountAmountAtCreate: 'kept',
  assessment: 'passes',
  createCompares: 'everything',
  samePackageOnRepeat: true,
  packageWithoutConfirm: true,
  packageSingleUse: true,
  stateRefusals: 'as-seen',
  collection: 'succeeds',
  payOnEmptyWallet: 'accepted',
  debitSeconds: 0,
  cancelWhilePaying: true,
  stateAfterZeroTotal: 'DONE',
  notifyAfterZeroTotal: false,
  needCollectionAtZero: false,
  modifyOnce: false,
  modifyToZero: true,
  repeatedModifySucceeds: true,
  emptyDetailBeforePayment: false,
  paymentDetails: 1,
  promotionDetail: 'none',
  notifyTotalAsText: false,
};
