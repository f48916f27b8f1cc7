/** The ledger failed or did not answer in time. No request was sent to WeChat Pay: retry. */
export class LedgerUnavailableError extends Error {
  override readonly name = 'LedgerUnavailableError';
  readonly kind = 'ledger-unavailable';
  readonly retryAfterSeconds = 1;

  constructor(cause?: unknown) {
    super(
      'The ledger is unavailable. No request was sent to WeChat Pay; retry the same call.',
      cause === undefined ? undefined : { cause },
    );
  }
}

export interface DeadlineLog {
  readonly error: (fields: object, message: string) => void;
}

/** Node fires a longer timer immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for a job that has to be done before a write is sent.
 * @param sendBy on the monotonic clock, ms: later, the caller learns that nothing was sent
 * @param onLate called with the result if it comes after that
 * @throws LedgerUnavailableError if the ledger fails, or has not answered by then
 */
export async function beforeSending<T>(
  log: DeadlineLog,
  sendBy: number,
  work: Promise<T>,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        isLate = true;
        log.error({}, 'ledger timeout before a write was sent: nothing was sent');
        reject(new LedgerUnavailableError());
      },
      Math.min(Math.max(0, sendBy - performance.now()), LONGEST_TIMER_MS),
    );
  });
  const answered = work.then(
    (value) => {
      if (isLate) {
        onLate(value);
      }
      return value;
    },
    (error: unknown) => {
      if (!isLate) {
        log.error({ err: error }, 'ledger failed before a write was sent: nothing was sent');
      }
      throw error instanceof LedgerUnavailableError ? error : new LedgerUnavailableError(error);
    },
  );
  try {
    return await Promise.race([answered, timeout]);
  } finally {
    clearTimeout(timer);
    answered.catch(() => {});
  }
}
