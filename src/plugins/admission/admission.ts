export interface AdmissionOptions {
  /** Operations under way at once. As many more may wait for a turn; for a place, as many as come free in `waitMs`. */
  readonly most: number;
  /** Ms that an operation is to wait for a place where so many are under way: who would for longer is not let in. */
  readonly waitMs?: number;
  /** How many begin in one turn of the event loop; the others wait for the next ones. The more begin together, the less each costs. */
  readonly perTurn?: number;
  /** Told how long an operation has waited for its turn. */
  readonly onTurn?: (seconds: number) => void;
}

/**
 * Who may begin, and when. Operations that arrive together begin a few at a time, so that a crowd
 * of them never fills a turn of the event loop: what is not GraphQL, the notifications of WeChat Pay above
 * all, is seen to in between. Who can't be served soon is told so at once.
 */
export interface Admission {
  /** Whether a turn would not come in time. */
  readonly isFull: () => boolean;
  /** Waits for a turn. False where it will not come in time. */
  readonly turn: () => Promise<boolean>;
  /** Takes a place among those under way; false where none is free. Whoever has it must `end`. */
  readonly begin: () => boolean;
  readonly end: () => void;
}

interface Waiting {
  readonly since: number;
  readonly answer: (comes: boolean) => void;
}

const WAIT_MS = 100;
/** Whoever was let in waits for longer than was thought before being turned away after all: it cost more. */
const PATIENCE = 4;

export function createAdmission(options: AdmissionOptions): Admission {
  const { most, waitMs = WAIT_MS, perTurn = 8, onTurn } = options;
  // Whoever had a turn has yet to be read and checked before it begins; meanwhile others may have.
  const spare = Math.floor(most / 8);
  const line: Waiting[] = [];
  const freed = countPerSpan(waitMs);
  let underWay = 0;
  let turnIsComing = false;
  let lookIsComing = false;

  const hasWaited = (waiting: Waiting | undefined, ms: number) =>
    waiting !== undefined && performance.now() - waiting.since > ms;
  const turn = () => {
    turnIsComing = false;
    for (const { since, answer } of line.splice(0, Math.min(perTurn, most - underWay))) {
      onTurn?.((performance.now() - since) / 1_000);
      answer(true);
    }
    goOn();
  };
  const dropLate = () => {
    lookIsComing = false;
    while (underWay >= most && hasWaited(line[0], PATIENCE * waitMs)) {
      line.shift()?.answer(false);
    }
    goOn();
  };
  const goOn = () => {
    if (line.length === 0) {
      return;
    }
    if (underWay < most && !turnIsComing) {
      turnIsComing = true;
      setImmediate(turn);
    } else if (underWay >= most && !lookIsComing) {
      lookIsComing = true;
      setTimeout(dropLate, waitMs / 4);
    }
  };
  // Those who wait will be served; who comes while they wait for places would wait for longer.
  const isFull = () =>
    line.length >= most ||
    (underWay >= most &&
      (hasWaited(line[0], waitMs) || line.length >= Math.max(perTurn, freed.before())));
  return {
    isFull,
    turn: () => {
      if (isFull()) {
        return Promise.resolve(false);
      }
      return new Promise<boolean>((answer) => {
        line.push({ since: performance.now(), answer });
        goOn();
      });
    },
    begin: () => {
      if (underWay >= most + spare) {
        return false;
      }
      underWay += 1;
      return true;
    },
    end: () => {
      underWay -= 1;
      freed.count();
      goOn();
    },
  };
}

/** Counts in spans of so many ms, and tells what was counted in the last whole one. */
function countPerSpan(spanMs: number) {
  let [span, counted, before] = [0, 0, 0];
  const goOn = () => {
    const now = Math.floor(performance.now() / spanMs);
    if (now !== span) {
      before = now === span + 1 ? counted : 0;
      counted = 0;
      span = now;
    }
  };
  return {
    count: () => {
      goOn();
      counted += 1;
    },
    before: () => {
      goOn();
      return before;
    },
  };
}
