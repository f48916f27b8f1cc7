import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why a process ends: a signal, or an uncaught error. */
export type StopCause =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'fault'; readonly error: unknown };

export interface StopOptions {
  /** Called for every uncaught error, also after the first. */
  readonly onFault: (error: unknown) => void;
  /** How long the process may take to end, counted from the cause. */
  readonly ceilingMs: number;
}

/**
 * Resolves with the first signal that stops the process, or the first uncaught error. Further ones
 * change nothing: with Ctrl+C a process under npm gets two signals, and requests in flight have to
 * finish. After an uncaught error the state of the process is unknown, so it ends; but the calls of
 * others need not fail.
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
    // Node reports an unhandled rejection in the same way.
    process.on('uncaughtException', (error) => {
      onFault(error);
      stop({ kind: 'fault', error });
    });
  });
}

/** What is read from files, and may be reloaded while the server runs. */
export interface Reloadable {
  readonly name: string;
  /** Throws if the current content is invalid: then nothing has changed. */
  readonly reload: () => unknown;
}

/** SIGHUP, from the moment at which it is watched. */
export interface Hangups {
  /** Called for each one from now on, and immediately if one has come before. */
  readonly onHangup: (reload: () => void) => void;
}

/** Without a handler SIGHUP ends the process, also during a start that takes long. */
export function watchHangups(): Hangups {
  let hasCome = false;
  let handler: (() => void) | undefined;
  process.on('SIGHUP', () => {
    hasCome = true;
    handler?.();
  });
  return {
    onHangup: (reload) => {
      handler = reload;
      if (hasCome) {
        reload();
      }
    },
  };
}

/**
 * Reloads everything on SIGHUP: one after the other, also if an earlier one failed.
 * @param report receives the names of what was reloaded, and the problems
 */
export function reloadOnHangup(
  reloadables: readonly Reloadable[],
  report: (read: readonly string[], problems: readonly string[]) => void,
  { onHangup }: Hangups,
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
    report(read, problems);
  };
  onHangup(() => {
    last = last.then(reload);
  });
}

export interface ClosingStep {
  readonly name: string;
  readonly close: () => Promise<unknown> | unknown;
}

/**
 * Closes the resources in order, each one even if an earlier one failed or the time is up.
 * @param ceilingMs for all steps together: what takes longer is abandoned.
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
   * Stops accepting connections, lets requests in flight finish, and closes connections as they
   * become idle, also those that never sent a request; at the ceiling all are closed.
   */
  readonly drain: (ceilingMs: number) => Promise<void>;
}

/**
 * Tracks a server's connections from its start, because Node does not count a silent one as idle.
 */
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
