import { badUserInput } from './query-errors.ts';

/** The remaining calls to WeChat Pay of one request. */
export interface UpstreamBudget {
  /** Takes one read. Throws BAD_USER_INPUT if none is left. */
  readonly read: () => void;
  /** Takes one write, including the query that may precede it. Throws like `read`. */
  readonly write: () => void;
}

const MOST_READS = 5;
const MOST_WRITES = 1;

/** @param onFurtherCall called before each call except the first */
export function createUpstreamBudget(onFurtherCall: () => void): UpstreamBudget {
  let reads = 0;
  let writes = 0;
  const take = (isLeft: boolean) => {
    if (!isLeft) {
      const message = `One request makes at most ${MOST_READS} reads and ${MOST_WRITES} write to WeChat Pay. Split it into several requests.`;
      throw badUserInput(message);
    }
    if (reads + writes > 0) {
      onFurtherCall();
    }
  };
  return {
    read: () => {
      take(reads < MOST_READS);
      reads += 1;
    },
    write: () => {
      take(writes < MOST_WRITES);
      writes += 1;
    },
  };
}
