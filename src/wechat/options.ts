import type { AttemptReport, UnverifiedRefusal } from './calls/retry-policy.ts';
import type { CertificateNews } from './keys/certificate-store.ts';
import type { BreakerState } from './resilience/circuit-breaker.ts';
import type { ResilienceOptions } from './resilience/resilience.ts';

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
