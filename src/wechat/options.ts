import type { AttemptReport, BreakerState, UnverifiedRefusal } from './calls/reports.ts';
import type { CertificateNews } from './keys/certificate-store.ts';
import type { ResilienceOptions } from './resilience/resilience.ts';

export interface WechatPayOptions {
  /** Merchant number, digits. */
  readonly mchid: string;
  /** Serial of the merchant certificate, or that certificate as PEM (apiclient_cert.pem). */
  readonly merchantSerial: string;
  /** PEM private key of the merchant certificate (apiclient_key.pem). */
  readonly merchantKey: string;
  /** WeChat Pay public key: its id, `PUB_KEY_ID_…`, and its PEM. Both or neither. */
  readonly publicKeyId?: string | undefined;
  readonly publicKey?: string | undefined;
  /**
   * PEM platform certificates, one after the other, or `auto`: they are downloaded from the start on,
   * and renew themselves. They may stand beside a public key.
   */
  readonly platformCertificates?: string | undefined;
  /** 32 characters: decrypts notifications. */
  readonly apiv3Key?: string | undefined;
  /** The one before it, for as long as a change takes. */
  readonly apiv3KeyPrevious?: string | undefined;
  /** Origin of WeChat Pay; https, but for loopback. */
  readonly baseUrl?: string | undefined;
  /**
   * Takes the calls while the first can't be connected to. Where both are left out, WeChat Pay's own
   * second domain; where the first is given alone, there is none.
   */
  readonly backupUrl?: string | undefined;
  /** The time a whole call may take, repeats included. */
  readonly timeoutMs?: number | undefined;
  /** What an outage or a crowd may cost. */
  readonly resilience?: Partial<ResilienceOptions> | undefined;
  /** Unix ms. */
  readonly now?: (() => number) | undefined;
  /** Told the wire name of a field of WeChat's that could not be read, never its value. */
  readonly onUnreadableField?: ((field: string) => void) | undefined;
  /** Told of every attempt, once its result is known. What it throws is dropped. */
  readonly onAttempt?: ((report: AttemptReport) => void) | undefined;
  /** Called for a refusal of a write without a valid signature, before a query decides. */
  readonly onUnverifiedRefusal?: ((refusal: UnverifiedRefusal) => void) | undefined;
  /** Told when the circuit breaker changes: the worse of that of writes and that of reads. */
  readonly onBreaker?: ((state: BreakerState) => void) | undefined;
  /** Told when certificates that renew themselves have changed, or could not be had. */
  readonly onCertificates?: ((news: CertificateNews) => void) | undefined;
}

/** What may change while calls go on. */
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
  /** Goes on after the option's name: `is not a PEM: …`. */
  readonly problem: string;
}

export class WechatPayOptionsError extends Error {
  override readonly name = 'WechatPayOptionsError';
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    super(
      `Can't talk to WeChat Pay:\n${problems.map(({ option, problem }) => `- ${option} ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}
