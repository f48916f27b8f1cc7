import type { DropField } from '../codec/codec.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Resilience } from '../resilience/resilience.ts';
import type { Reader } from './classify-response.ts';
import type { AttemptReport, UnverifiedRefusal } from './reports.ts';
import type { Ambiguous } from './retry-policy.ts';
import type { Method, Signer } from './send-signed.ts';

/** One call to WeChat, made of up to three attempts that carry the same bytes. */
export interface Call<T> {
  readonly method: Method;
  readonly target: string;
  /** Names it without its values, for counting: `GET /v3/payscore/payafter-orders`. */
  readonly endpoint: string;
  readonly body: Uint8Array;
  readonly writes: boolean;
  /** Names the key that the body's sensitive fields are encrypted for; the preferred one where left out. */
  readonly platformSerial?: string | undefined;
  /** What was ambiguous about this very write before, in another call. */
  readonly earlierAmbiguousAttempt?: Ambiguous | undefined;
  readonly read: Reader<T>;
  /** Values that must not come back in an error; asked for only where there is one. */
  readonly sent: () => readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface CallContext extends Signer {
  readonly keys: KeyRing;
  readonly resilience: Resilience;
  readonly budgetMs: number;
  readonly onUnreadableField: DropField;
  readonly onAttempt: (report: AttemptReport) => void;
  readonly onUnverifiedRefusal: (refusal: UnverifiedRefusal) => void;
}

/** A point on the monotonic clock (ms) by which the whole call has to end. */
export type Deadline = number;
