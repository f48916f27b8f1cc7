import { numberOf, textOf } from '../http/json.ts';
import type { Order } from '../orders/orders.ts';
import type { SandboxState } from '../sandbox.ts';
import type { ServicePermission } from '../service-orders/permissions/permission.ts';
import { riskAmountOf, type ServiceOrder } from '../service-orders/service-order.ts';
import {
  type OrderActions,
  type Possibility,
  payAfterActions,
  permissionActions,
  serviceOrderActions,
} from '../user-actions.ts';
import type { Html } from './html.ts';
import { payAfterModel, serviceOrderModel, wordsOf } from './order-model.ts';
import { orderScreen, permissionScreen } from './screens.ts';
import { PERMISSIONS, type Product, STATES, type StateWords, type Words } from './texts.ts';

/** A button of the phone: the control it calls, and what the page says afterwards. */
interface Button extends Words {
  readonly id: string;
  readonly isPlain: boolean;
  readonly path: string;
  readonly body?: string;
  readonly possibility: Possibility;
  readonly said: Words;
}

/** An order or a permission on the phone. */
export interface Entry {
  readonly product: Product;
  /** out_order_no or authorization_code. */
  readonly number: string;
  readonly href: string;
  readonly title: string;
  readonly words: StateWords;
  /** Fen; a permission has none. */
  readonly amount?: number;
  readonly createdAtMs: number;
  readonly buttons: readonly Button[];
  readonly screen: () => Html;
}

/** The parameter of the page's URL that selects an entry of a product. */
const PARAMETERS = {
  'pay-after': 'order',
  'service-order': 'service-order',
  permission: 'permission',
} as const;

/** Everything on the phone, the newest first. */
export function entriesOf(sandbox: SandboxState): readonly Entry[] {
  const nowMs = sandbox.clock.now();
  return [
    ...sandbox.orders.all(nowMs).map((order) => payAfterEntry(order, sandbox)),
    ...sandbox.serviceOrders.all(nowMs).map((order) => serviceOrderEntry(order, sandbox)),
    ...sandbox.permissions.all().map(permissionEntry),
  ]
    .toReversed()
    .toSorted((one, other) => other.createdAtMs - one.createdAtMs);
}

/** The entry that the URL of the page selects; the newest if there is none. */
export function chosenEntry(entries: readonly Entry[], search: URLSearchParams): Entry | undefined {
  const chosen = entries.find(({ product, number }) => search.get(PARAMETERS[product]) === number);
  return chosen ?? entries[0];
}

function payAfterEntry(order: Order, sandbox: SandboxState): Entry {
  const { outOrderNo, completion, wire, state, createdAtMs } = order;
  return {
    product: 'pay-after',
    number: outOrderNo,
    href: hrefOf('pay-after', outOrderNo),
    title: textOf(wire, 'service_introduction') ?? outOrderNo,
    words: STATES[state],
    amount: completion?.totalAmount ?? numberOf(wire, 'risk_amount') ?? 0,
    createdAtMs,
    buttons: orderButtons('/sandbox/orders', outOrderNo, payAfterActions(order, sandbox.rules)),
    screen: () => orderScreen(payAfterModel(order, sandbox)),
  };
}

function serviceOrderEntry(order: ServiceOrder, sandbox: SandboxState): Entry {
  const { outOrderNo, wire, totalAmount, createdAtMs } = order;
  const actions = serviceOrderActions(order, sandbox.rules);
  return {
    product: 'service-order',
    number: outOrderNo,
    href: hrefOf('service-order', outOrderNo),
    title: textOf(wire, 'service_introduction') ?? outOrderNo,
    words: wordsOf(order),
    amount: totalAmount ?? riskAmountOf(order),
    createdAtMs,
    buttons: orderButtons('/sandbox/service-orders', outOrderNo, actions),
    screen: () => orderScreen(serviceOrderModel(order, sandbox)),
  };
}

function permissionEntry(permission: ServicePermission): Entry {
  const { authorizationCode, state, appliedAtMs } = permission;
  const path = `/sandbox/permissions/${encodeURIComponent(authorizationCode)}`;
  const { grant, revoke } = permissionActions(permission);
  return {
    product: 'permission',
    number: authorizationCode,
    href: hrefOf('permission', authorizationCode),
    title: '免确认使用服务',
    words: PERMISSIONS[state],
    createdAtMs: appliedAtMs,
    buttons: [
      {
        ...{ id: 'revoke', zh: '关闭', en: 'End', isPlain: true, path: `${path}/revoke` },
        possibility: revoke,
        said: { zh: '已关闭', en: 'Ended' },
      },
      {
        ...{ id: 'grant', zh: '同意并开通', en: 'Enable', isPlain: false, path: `${path}/grant` },
        body: '{}',
        possibility: grant,
        said: { zh: '开通成功', en: 'Enabled' },
      },
    ],
    screen: () => permissionScreen(permission),
  };
}

function hrefOf(product: Product, number: string): string {
  return `/?${PARAMETERS[product]}=${encodeURIComponent(number)}`;
}

function orderButtons(base: string, outOrderNo: string, actions: OrderActions): readonly Button[] {
  const path = `${base}/${encodeURIComponent(outOrderNo)}`;
  return [
    {
      ...{ id: 'decline', zh: '拒绝', en: 'Decline', isPlain: true, path: `${path}/decline` },
      possibility: actions.decline,
      said: { zh: '已离开确认页', en: 'You left the page' },
    },
    {
      ...{ id: 'confirm', zh: '确认使用', en: 'Confirm', isPlain: false, path: `${path}/confirm` },
      possibility: actions.confirm,
      said: { zh: '已确认使用', en: 'Confirmed' },
    },
    {
      ...{ id: 'pay', zh: '支付', en: 'Pay', isPlain: false, path: `${path}/pay` },
      possibility: actions.pay,
      said: { zh: '支付成功', en: 'Paid' },
    },
  ];
}
