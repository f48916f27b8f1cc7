import { beijingDigits } from '../clock.ts';
import type { ServicePermission } from '../service-orders/permissions/permission.ts';
import { type Html, html } from './html.ts';
import { facts, hero } from './order-screen.ts';
import { both, moment, PERMISSIONS } from './texts.ts';

const PROMISES: readonly (readonly [string, string])[] = [
  ['下单时不再逐笔确认', 'Orders start without asking you each time'],
  ['服务结束后由微信支付扣款', 'You are charged after the service has ended'],
  ['没有进行中的订单时，可随时关闭', 'You can end it whenever no order is under way'],
];

/** 开通服务: the page on which the user permits orders without confirmation. */
export function permissionScreen(permission: ServicePermission): Html {
  const { authorizationCode, state, appliedAtMs, grantedAtMs, endedAtMs } = permission;
  const at = (ms: number | undefined) => (ms === undefined ? undefined : moment(beijingDigits(ms)));
  const words = PERMISSIONS[state];
  return html`
    ${hero({ title: '免确认使用服务', words, hint: words.hint })}
    <section class="card promises" aria-label="授权内容">
      <h3>${both('授权内容', 'What you permit')}</h3>
      <ul>${PROMISES.map(([zh, en]) => html`<li>${zh}<br><small lang="en">${en}</small></li>`)}</ul>
    </section>
    ${facts([
      [both('授权协议号', 'Code'), authorizationCode],
      [both('申请时间', 'Applied'), at(appliedAtMs)],
      [both('开通时间', 'Enabled'), at(grantedAtMs)],
      [both('解除时间', 'Ended'), at(endedAtMs)],
    ])}
  `;
}
