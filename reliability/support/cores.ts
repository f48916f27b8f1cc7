import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** One core for the server, and another for everything else: clients must not take CPU time of the server. */
export interface Cores extends Disposable {
  /** What the server is run by. */
  readonly within: readonly string[];
  /** For the table. */
  readonly told: string;
}

/** Keeps this process to the second core while it is in scope; where that can't be done all share all. */
export function ownCores(): Cores {
  const count = availableParallelism();
  if (process.platform !== 'linux' || count < 2) {
    return { within: [], told: 'all on the same cores', [Symbol.dispose]: () => {} };
  }
  const keepTo = (cores: string) =>
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)], { stdio: 'ignore' });
  keepTo('1');
  return {
    within: ['taskset', '-c', '0'],
    told: 'the server alone on one core',
    [Symbol.dispose]: () => {
      keepTo(`0-${count - 1}`);
    },
  };
}
