/** Whether a user has authorised the service. */
export type UseServiceState = 'AVAILABLE' | 'UNAVAILABLE';

export const USE_SERVICE_STATES: readonly UseServiceState[] = ['AVAILABLE', 'UNAVAILABLE'];

/** The users' authorisations, by openid. Everybody has authorised the service until told otherwise. */
export interface UserBook {
  stateOf(openid: string): UseServiceState;
  /** Returns whether that is a change. */
  set(openid: string, state: UseServiceState): boolean;
}

export function createUserBook(): UserBook {
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
