import { randomUUID } from 'node:crypto';
import type { Variables } from './server.ts';
import type { WechatKeys } from './wechat-keys.ts';

/** The states that WeChat sends notices of, in their order. */
export const STATES = ['USER_ACCEPTED', 'USER_PAID'] as const;
export type NoticedState = (typeof STATES)[number];

/** A notice, ready to be posted: signed, encrypted. */
export interface Notice<State extends string = NoticedState> {
  readonly id: string;
  readonly outOrderNo: string;
  readonly state: State;
  readonly body: string;
  readonly headers: Variables;
}

/** What a query shows of an order in this state, and what a notice holds. */
export function orderIn({ ids }: WechatKeys, outOrderNo: string, state: string): object {
  return {
    ...ids,
    out_order_no: outOrderNo,
    state,
    service_start_time: '20260101080000',
    service_start_location: '深圳',
    service_introduction: '骑行',
    risk_amount: 9_900,
    ...(state === 'USER_PAID' && { total_amount: 300, pay_succ_time: '20260101090000' }),
  };
}

export function makeNotice<State extends string>(
  keys: WechatKeys,
  outOrderNo: string,
  state: State,
): Promise<Notice<State>> {
  const id = randomUUID();
  const body = JSON.stringify({
    id,
    create_time: new Date().toISOString(),
    event_type: `PAYSCORE.${state}`,
    resource_type: 'encrypt-resource',
    summary: '先享后付',
    resource: keys.seal(JSON.stringify(orderIn(keys, outOrderNo, state))),
  });
  return signed(keys, { id, outOrderNo, state, body });
}

/** The same notice, as WeChat sends it again: signed anew. */
export async function signed<State extends string>(
  keys: WechatKeys,
  notice: Omit<Notice<State>, 'headers'>,
): Promise<Notice<State>> {
  const headers = { ...(await keys.sign(notice.body)), 'content-type': 'application/json' };
  return { ...notice, headers };
}

/** Both notices of each order, in any order: deliveries of WeChat's overtake each other. */
export async function makeNotices(
  keys: WechatKeys,
  outOrderNos: readonly string[],
): Promise<readonly Notice[]> {
  const notices = await Promise.all(
    outOrderNos.flatMap((number) => STATES.map((state) => makeNotice(keys, number, state))),
  );
  return notices
    .map((notice) => ({ notice, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ notice }) => notice);
}
