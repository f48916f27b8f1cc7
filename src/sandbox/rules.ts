import { DEFAULT_SERVICE_ORDER_RULES, type ServiceOrderRules } from './service-orders/rules.ts';

/**
 * Behavior that WeChat Pay does not document. Each rule is a decision of the sandbox and can be
 * changed.
 */
export interface SandboxRules extends ServiceOrderRules {
  /**
   * A repeat whose name, phone, userid or address was encrypted again counts as other parameters.
   * true compares the ciphertexts, false the plaintexts. Default false: OAEP ciphertexts differ
   * each time, so true refuses every repeat that is not byte for byte the same.
   */
  readonly reencryptedFieldsDiffer: boolean;
  /** Create returns the five launch fields with need_user_confirm=false too. Default false. */
  readonly launchFieldsWithoutConfirm: boolean;
  /**
   * Whether the confirmation page of a pay-after order opens without a signature. Default refused.
   */
  readonly unsignedLaunch: 'refused' | 'accepted';
  /** An order may be paid from USER_ACCEPTED, without the merchant's complete. Default true. */
  readonly payBeforeComplete: boolean;
  /** The state of a CREATED order after the user left the page without confirming. Default CREATED. */
  readonly stateAfterDecline: 'CREATED' | 'REVOKED' | 'EXPIRED';
  /**
   * Whether the merchant has platform certificates. `none` is a merchant of public key mode only:
   * /v3/certificates answers 404 and the public key signs every answer. Default served.
   */
  readonly certificates: 'served' | 'none';
  /**
   * The key that signs the answer to a call whose Wechatpay-Serial is absent or unknown.
   * `certificate` is a merchant of the certificate mode. Default public-key.
   */
  readonly answersSignedBy: 'public-key' | 'certificate';
  /**
   * What a query shows of service_start_time=OnAccept before the user accepts. Default OnAccept.
   */
  readonly startTimeBeforeAccept: 'OnAccept' | 'absent';
  /** A query adds fee_count 1 if create omitted it. Default false: fees as they were sent. */
  readonly queryFillsFeeCount: boolean;
  /**
   * Enforces rules that are known only by analogy with neighbouring products: lengths, required
   * fields, rules between fields, the finish ticket, the states from which complete, cancel and sync
   * start, other parameters under one number, and the binding of appid and service_id. false enforces
   * only what is confirmed for the product; an order that has ended stays as it is. Default true.
   */
  readonly analogyRules: boolean;
  /** Each of name, phone, userid and address is required at creation. Default false. */
  readonly sensitiveFieldsRequired: boolean;
  /** Refuse an unknown Wechatpay-Serial also on calls without encrypted fields. Default false. */
  readonly refuseUnknownSerial: boolean;
  /** Answer 401 to a nonce_str that was used within the last 10 minutes. Default false. */
  readonly refuseUsedNonces: boolean;
  /** Sign 4xx answers to calls whose own signature was right (401 is never signed). Default true. */
  readonly signErrors: boolean;
  /**
   * Complete, cancel and sync return success again for the bytes that succeeded before. false: they
   * are refused for the state that the order has by then, like other bytes. Default true.
   */
  readonly repeatAnswersSuccess: boolean;
  /** Every query returns another finish_ticket; earlier ones stay valid. Default true. */
  readonly newTicketEachQuery: boolean;
  /** The state after a complete with finish_type 1, service not used. Default REVOKED. */
  readonly stateAfterUnused: 'FINISHED' | 'REVOKED' | 'USER_PAID';
  /**
   * Seconds of real time from complete until WeChat Pay has collected the payment; null: never, 0:
   * immediately. Default 5.
   */
  readonly payDelaySeconds: number | null;
  /** When an order with a total of 0 is paid: immediately, or like any other. Default at-once. */
  readonly payZeroTotal: 'at-once' | 'as-others';
  /** A query shows finish_transaction_id also of an order paid outside of WeChat. Default false. */
  readonly transactionIdAfterSync: boolean;
  /**
   * After complete with finish_type 2 a query shows real_service_start_location, which no call
   * sends, and real_service_end_location also if complete omitted it. Default true.
   */
  readonly queryFillsRealPlaces: boolean;
  /** The event_type of the notification that the user has confirmed. Default PAYSCORE.USER_ACCEPTED. */
  readonly confirmEventType: 'PAYSCORE.USER_ACCEPTED' | 'PAYSCORE.USER_CONFIRM';
  /** That notification is sent at create with need_user_confirm=false too. Default true. */
  readonly notifyAcceptedAtCreate: boolean;
  /** The notification of a payment is sent after the merchant's own sync too. Default true. */
  readonly notifyAfterSync: boolean;
  /** The key that signs notifications; the certificate only if there is one. Default public-key. */
  readonly notifySignedBy: 'public-key' | 'certificate';
}

export const DEFAULT_RULES: SandboxRules = {
  reencryptedFieldsDiffer: false,
  launchFieldsWithoutConfirm: false,
  unsignedLaunch: 'refused',
  payBeforeComplete: true,
  stateAfterDecline: 'CREATED',
  certificates: 'served',
  answersSignedBy: 'public-key',
  startTimeBeforeAccept: 'OnAccept',
  queryFillsFeeCount: false,
  analogyRules: true,
  sensitiveFieldsRequired: false,
  refuseUnknownSerial: false,
  refuseUsedNonces: false,
  signErrors: true,
  repeatAnswersSuccess: true,
  newTicketEachQuery: true,
  stateAfterUnused: 'REVOKED',
  payDelaySeconds: 5,
  payZeroTotal: 'at-once',
  transactionIdAfterSync: false,
  queryFillsRealPlaces: true,
  confirmEventType: 'PAYSCORE.USER_ACCEPTED',
  notifyAcceptedAtCreate: true,
  notifyAfterSync: true,
  ...DEFAULT_SERVICE_ORDER_RULES,
  notifySignedBy: 'public-key',
};
