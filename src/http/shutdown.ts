import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why a process is to end: somebody asked for it, or something failed that nobody caught. */
export type StopCause =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'fault'; readonly error: unknown };

export interface StopOptions {
  /** Told of every fault, also of those after the first. */
  readonly onFault: (error: unknown) => void;
  /** When the process is ended all the same, counted from the cause, whatever it is waiting for. */
  readonly ceilingMs: number;
}

/**
 * Resolves with the first signal that asks the process to stop, or the first error that nobody
 * caught. Further ones change nothing: with Ctrl+C a process under npm gets two signals, and what is
 * under way has to finish all the same. After a fault nobody knows what still works, so it is not
 * gone on with; but the calls of others need not suffer for it.
 */
export function stopCause({ onFault, ceilingMs }: StopOptions): Promise<StopCause> {
  return new Promise((resolve) => {
    const stop = (cause: StopCause) => {
      setTimeout(() => process.exit(1), ceilingMs).unref();
      resolve(cause);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => stop({ kind: 'signal', signal }));
    }
    // Node tells of an unhandled rejection in the same way.
    process.on('uncaughtException', (error) => {
      onFault(error);
      stop({ kind: 'fault', error });
    });
  });
}

/** What comes from files, and may be read again while the server runs. */
export interface Reloadable {
  readonly name: string;
  /** Throws where what is there now can't be used: then nothing of it has changed. */
  readonly reload: () => unknown;
}

/**
 * Has everything read again on SIGHUP: one after the other, each one even where an earlier one failed.
 * @param told the names of what was read, and what could not be
 */
export function reloadOnHangup(
  reloadables: readonly Reloadable[],
  told: (read: readonly string[], problems: readonly string[]) => void,
): void {
  let last = Promise.resolve();
  const reload = async () => {
    const read: string[] = [];
    const problems: string[] = [];
    for (const one of reloadables) {
      try {
        await one.reload();
        read.push(one.name);
      } catch (error) {
        problems.push(`${one.name}: ${error instanceof Error ? error.message : 'unknown'}`);
      }
    }
    told(read, problems);
  };
  process.on('SIGHUP', () => {
    last = last.then(reload);
  });
}

export interface ClosingStep {
  readonly name: string;
  readonly close: () => Promise<unknown> | unknown;
}

/**
 * Closes one after the other, each one even where an earlier one failed or time has run out.
 * @param ceilingMs for all steps together: what takes longer is left behind.
 * @returns the names of the steps that did not finish.
 */
export async function closeInOrder(
  steps: readonly ClosingStep[],
  ceilingMs: number,
): Promise<readonly { readonly name: string; readonly problem: unknown }[]> {
  const ceiling = new AbortController();
  const timeUp = sleep(ceilingMs, 'time is up', { signal: ceiling.signal }).catch(() => 'done');
  const problems: { name: string; problem: unknown }[] = [];
  for (const { name, close } of steps) {
    try {
      const closed = Promise.resolve(close()).then(() => undefined);
      const problem = await Promise.race([closed, timeUp]);
      if (problem !== undefined) {
        problems.push({ name, problem });
      }
    } catch (problem) {
      problems.push({ name, problem });
    }
  }
  ceiling.abort();
  return problems;
}

const IDLE_SWEEP_MS = 50;

export interface Connections {
  /**
   * Takes no more connections, lets requests in flight finish, and drops connections as they become
   * idle, also those that never said a word; at the ceiling all are cut.
   */
  readonly drain: (ceilingMs: number) => Promise<void>;
}

/** Follows a server's connections from its start: Node does not count a silent one as idle. */
export function followConnections(server: Server): Connections {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const dropIdle = () => {
    server.closeIdleConnections();
    for (const socket of sockets) {
      if (socket.bytesRead === 0) {
        socket.destroy();
      }
    }
  };
  return {
    drain: async (ceilingMs) => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      dropIdle();
      const sweep = setInterval(dropIdle, IDLE_SWEEP_MS);
      const cut = setTimeout(() => server.closeAllConnections(), ceilingMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    },
  };
}
