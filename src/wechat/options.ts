export interface WechatPayOptions {
  /** Merchant number, digits. */
  readonly mchid: string;
  /** Serial number of the merchant certificate, or that certificate as PEM (apiclient_cert.pem). */
  readonly merchantSerial: string;
  /** PEM private key of the merchant certificate (apiclient_key.pem). */
  readonly merchantKey: string;
  /** WeChat Pay public key: its id, `PUB_KEY_ID_…`, and its PEM. Both or neither. */
  readonly publicKeyId?: string | undefined;
  readonly publicKey?: string | undefined;
  /**
   * PEM platform certificates, one after the other, or `auto`: they are downloaded at the start and
   * renewed automatically. A public key may be configured as well.
   */
  readonly platformCertificates?: string | undefined;
  /** 32 characters: decrypts notifications. */
  readonly apiv3Key?: string | undefined;
  /** The previous APIv3 key, during a key rotation. */
  readonly apiv3KeyPrevious?: string | undefined;
  /**
   * Origin of WeChat Pay; https, except for loopback addresses. A path is a prefix that a gateway
   * removes: it is sent, but not signed.
   */
  readonly baseUrl?: string | undefined;
  /** Allows http for any host, inside a private network. */
  readonly allowInsecure?: boolean | undefined;
  /** The URL of the forward proxy (`http://host:port`) for an https URL; undefined: none. */
  readonly proxyFor?: ((url: string) => string | undefined) | undefined;
  /**
   * Receives the calls while the first cannot be connected to. If both are omitted, WeChat Pay's
   * own second domain; if only the first is set, there is no backup.
   */
  readonly backupUrl?: string | undefined;
  /** The time budget of a whole call, including retries. */
  readonly timeoutMs?: number | undefined;
  /** Limits what an outage or overload costs. */
  readonly resilience?: Partial<ResilienceOptions> | undefined;
  /** Unix ms. */
  readonly now?: (() => number) | undefined;
  /** Called with the wire name of a WeChat Pay field that could not be read, never its value. */
  readonly onUnreadableField?: ((field: string) => void) | undefined;
  /** Called for every attempt, once its result is known. Errors it throws are ignored. */
  readonly onAttempt?: ((report: AttemptReport) => void) | undefined;
  /** Called for a refusal of a write without a valid signature, before a query resolves it. */
  readonly onUnverifiedRefusal?: ((refusal: UnverifiedRefusal) => void) | undefined;
  /** Called when the circuit breaker changes: the worse state of writes and reads. */
  readonly onBreaker?: ((state: BreakerState) => void) | undefined;
  /** Called when automatically renewed certificates have changed, or their download failed. */
  readonly onCertificates?: ((news: CertificateNews) => void) | undefined;
}

/** Limits that keep an outage of WeChat Pay, or overload, from costing more than necessary. */
export interface ResilienceOptions {
  /** Maximum concurrent attempts; as many connections are kept. */
  readonly maxConcurrent: number;
  /** Maximum attempts that are queued. */
  readonly maxQueued: number;
  /**
   * The breaker opens if the window has at least this many attempts, and this share of them failed.
   */
  readonly breakerAttempts: number;
  readonly breakerShare: number;
  readonly breakerOpenMs: number;
  /** Retries within the window: this share of the first attempts, or `maxRetries` if that is more. */
  readonly retryShare: number;
  readonly maxRetries: number;
  /** Ms between the first attempt and the second, before jitter; doubled each time. */
  readonly firstDelayMs: number;
}

export const DEFAULT_RESILIENCE: ResilienceOptions = {
  maxConcurrent: 128,
  maxQueued: 256,
  breakerAttempts: 20,
  breakerShare: 0.5,
  breakerOpenMs: 5_000,
  retryShare: 0.1,
  maxRetries: 30,
  firstDelayMs: 200,
};

/** One attempt of a call, for metrics. Contains no order number and no value of the request. */
export interface AttemptReport {
  /**
   * A path template: `POST /v3/payscore/payafter-orders/{out_order_no}/complete`, or `POST other`.
   */
  readonly endpoint: string;
  readonly kind: 'done' | 'refused' | 'not-accepted' | 'ambiguous';
  /** OK, WeChat Pay's error code if it is one of few, or why there is no usable response. */
  readonly code: string;
  /** From the request to send until the result was classified, including the time in the queue. */
  readonly ms: number;
}

/** A write was refused without a valid signature: a query resolves it. */
export interface UnverifiedRefusal {
  /** A path template, as in {@link AttemptReport}. */
  readonly endpoint: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
}

/** The state of a circuit breaker; half-open while one attempt probes whether the outage is over. */
export type BreakerState = 'closed' | 'half-open' | 'open';

export type CertificateNews =
  | { readonly kind: 'changed'; readonly serials: readonly string[] }
  /** The previous certificates stay in use. The message follows `platform certificates: `. */
  | { readonly kind: 'failed'; readonly problem: string };

/** What may change while calls are in flight. */
export type WechatPayKeys = Pick<
  WechatPayOptions,
  | 'merchantSerial'
  | 'merchantKey'
  | 'publicKeyId'
  | 'publicKey'
  | 'platformCertificates'
  | 'apiv3Key'
  | 'apiv3KeyPrevious'
>;

export interface OptionProblem {
  readonly option: keyof WechatPayOptions;
  /** Follows the name of the option: `is not a PEM: …`. */
  readonly problem: string;
}

export class WechatPayOptionsError extends Error {
  override readonly name = 'WechatPayOptionsError';
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    super(
      `Invalid WeChat Pay options:\n${problems.map(({ option, problem }) => `- ${option} ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}
