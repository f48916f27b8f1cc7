/** Whether a user has authorized the service. */
export type UseServiceState = 'AVAILABLE' | 'UNAVAILABLE';

export const USE_SERVICE_STATES: readonly UseServiceState[] = ['AVAILABLE', 'UNAVAILABLE'];

/** The users' authorizations, by openid. By default every user has authorized the service. */
export interface UserStore {
  stateOf(openid: string): UseServiceState;
  /** Returns whether the value has changed. */
  set(openid: string, state: UseServiceState): boolean;
}

export function createUserStore(): UserStore {
  const states = new Map<string, UseServiceState>();
  const stateOf = (openid: string) => states.get(openid) ?? 'AVAILABLE';
  return {
    stateOf,
    set: (openid, state) => {
      const isChange = stateOf(openid) !== state;
      states.set(openid, state);
      return isChange;
    },
  };
}
