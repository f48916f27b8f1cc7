import { badUserInput } from './query-errors.ts';

/** What one request may still ask of WeChat Pay. */
export interface UpstreamBudget {
  /** Takes one read. Throws BAD_USER_INPUT where there is none left. */
  readonly read: () => void;
  /** Takes one write, the query that may have to come before it included. Throws as `read` does. */
  readonly write: () => void;
}

const MOST_READS = 5;
const MOST_WRITES = 1;

/** @param onFurtherCall told of each call but the first, before it is made */
export function createUpstreamBudget(onFurtherCall: () => void): UpstreamBudget {
  let reads = 0;
  let writes = 0;
  const take = (isLeft: boolean) => {
    if (!isLeft) {
      const message = `One request makes at most ${MOST_READS} reads and ${MOST_WRITES} write at WeChat Pay: ask for the rest in another one.`;
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
