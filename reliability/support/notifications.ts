import { randomUUID } from 'node:crypto';
import type { Variables } from './server.ts';
import type { WechatKeys } from './wechat-keys.ts';

/** The states that WeChat Pay sends notifications of, in their order. */
export const STATES = ['USER_ACCEPTED', 'USER_PAID'] as const;
export type NoticedState = (typeof STATES)[number];

/** A signed and encrypted notification, ready to be posted. */
export interface Notification<State extends string = NoticedState> {
  readonly id: string;
  readonly outOrderNo: string;
  readonly state: State;
  readonly body: string;
  readonly headers: Variables;
}

/** An order in this state, as in a query and in a notification. */
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

export function makeNotification<State extends string>(
  keys: WechatKeys,
  outOrderNo: string,
  state: State,
): Promise<Notification<State>> {
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

/** The same notification, as WeChat Pay retries it: with a new signature. */
export async function signed<State extends string>(
  keys: WechatKeys,
  notification: Omit<Notification<State>, 'headers'>,
): Promise<Notification<State>> {
  const headers = { ...(await keys.sign(notification.body)), 'content-type': 'application/json' };
  return { ...notification, headers };
}

/** Both notifications of each order, in any order: deliveries of WeChat Pay overtake each other. */
export async function makeNotifications(
  keys: WechatKeys,
  outOrderNos: readonly string[],
): Promise<readonly Notification[]> {
  const notifications = await Promise.all(
    outOrderNos.flatMap((number) => STATES.map((state) => makeNotification(keys, number, state))),
  );
  return notifications
    .map((notification) => ({ notification, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ notification }) => notification);
}
