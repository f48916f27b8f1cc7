import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** One core for the server, and another for everything else: clients must not take CPU time of the server. */
export interface Cores extends Disposable {
  /** The command that runs the server. */
  readonly within: readonly string[];
  /** Whether the server has its core for itself. */
  readonly isAlone: boolean;
  /** The text for the table. */
  readonly description: string;
}

/**
 * Pins this process to the second core while it is in scope; if that is impossible, all share all
 * cores.
 */
export function ownCores(): Cores {
  const count = availableParallelism();
  if (process.platform !== 'linux' || count < 2) {
    return {
      within: [],
      isAlone: false,
      description: 'all on the same cores',
      [Symbol.dispose]: () => {},
    };
  }
  const keepTo = (cores: string) =>
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)], { stdio: 'ignore' });
  keepTo('1');
  return {
    within: ['taskset', '-c', '0'],
    isAlone: true,
    description: 'the server alone on one core',
    [Symbol.dispose]: () => {
      keepTo(`0-${count - 1}`);
    },
  };
}
