import { type Server, startServer, type Variables } from './server.ts';
import type { Workdir } from './workdir.ts';

/** Restarts one server on one port after each kill. */
export interface Supervisor extends AsyncDisposable {
  readonly url: string;
  /** How often it was killed. */
  readonly kills: () => number;
  /** kill -9, then restarts it immediately. */
  readonly killAndRestart: () => Promise<void>;
}

export async function superviseServer(
  directory: Workdir,
  port: number,
  variables: Variables,
): Promise<Supervisor> {
  const start = () => startServer(directory, { ...variables, PORT: String(port) });
  let server: Server = await start();
  let kills = 0;
  let restarting: Promise<void> | undefined;
  const restart = async () => {
    kills += 1;
    await server.kill();
    server = await start();
    restarting = undefined;
  };
  return {
    url: server.url,
    kills: () => kills,
    killAndRestart: () => {
      restarting ??= restart();
      return restarting;
    },
    [Symbol.asyncDispose]: async () => {
      await restarting;
      await server.kill();
    },
  };
}
