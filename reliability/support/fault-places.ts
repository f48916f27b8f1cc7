import type { Authority } from './authority.ts';
import { startBlackhole } from './blackhole.ts';
import { control } from './expected-state.ts';
import { freePort } from './free-port.ts';
import { type FrontFault, startTlsFront } from './tls-front.ts';

/** The URL of WeChat Pay for the server. */
interface Place {
  readonly port: number;
  readonly recover: () => Promise<void>;
  readonly end: () => PromiseLike<void>;
}

/** @param target the sandbox */
export type StartPlace = (target: string, authority: Authority) => Promise<Place>;

/** A fault of the front. */
export function wrong(fault: FrontFault, times?: number): StartPlace {
  return async (target, { identities }) => {
    const front = await startTlsFront(target, identities.good);
    front.behave(fault, times);
    return {
      port: front.port,
      recover: () => Promise.resolve(front.behave(null)),
      end: () => front[Symbol.asyncDispose](),
    };
  };
}

/** A fault of the sandbox itself, behind a front without faults. */
export function injected(fault: object): StartPlace {
  return async (target, { identities }) => {
    const front = await startTlsFront(target, identities.good);
    await control(target, 'POST', '/sandbox/faults', { on: 'any', times: null, ...fault });
    return {
      port: front.port,
      recover: async () => void (await control(target, 'DELETE', '/sandbox/faults')),
      end: () => front[Symbol.asyncDispose](),
    };
  };
}

/** The front has another certificate. */
export function shows(name: keyof Authority['identities']): StartPlace {
  return async (target, { identities }) => {
    const front = await startTlsFront(target, identities[name]);
    return {
      port: front.port,
      recover: () => Promise.resolve(front.show(identities.good)),
      end: () => front[Symbol.asyncDispose](),
    };
  };
}

export async function refused(target: string, authority: Authority): Promise<Place> {
  return appears(await freePort(), target, authority, () => Promise.resolve());
}

export async function blackholed(target: string, authority: Authority): Promise<Place> {
  const hole = await startBlackhole();
  return appears(hole.port, target, authority, () => hole[Symbol.asyncDispose]());
}

/** No server listens there; after the recovery WeChat Pay does. */
function appears(
  port: number,
  target: string,
  { identities }: Authority,
  clear: () => PromiseLike<void>,
): Place {
  const stack = new AsyncDisposableStack();
  let cleared = false;
  const clearOnce = async () => {
    if (!cleared) {
      cleared = true;
      await clear();
    }
  };
  return {
    port,
    recover: async () => {
      await clearOnce();
      stack.use(await startTlsFront(target, identities.good, port));
    },
    end: async () => {
      await clearOnce();
      await stack.disposeAsync();
    },
  };
}
