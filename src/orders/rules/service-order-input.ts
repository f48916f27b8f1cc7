import type {
  CancelServiceOrderRequest,
  CollectServiceOrderRequest,
  CompleteServiceOrderRequest,
  CreateServiceOrderRequest,
  ModifyServiceOrderRequest,
  SyncServiceOrderRequest,
} from '../../wechat/index.ts';
import { FEN, field, inRange, type Rule, relation, required, rule, within } from './rule.ts';
import {
  DEVICE,
  DISCOUNTS,
  FINAL_DISCOUNTS,
  IDS,
  isSum,
  LOCATION,
  MODIFY_DISCOUNTS,
  MOMENT,
  PAYMENTS,
  PLANNED_TIMES,
  REAL_TIMES,
  SUM,
  text,
} from './service-order-parts.ts';

/** The input of a create; `notifyUrl` may be left to the configuration. */
export type CreateServiceOrderInput = Omit<CreateServiceOrderRequest, 'notifyUrl'> & {
  readonly notifyUrl?: string | null | undefined;
};

/**
 * The input rules of service orders, one row each with its source: `confirmed` is what WeChat Pay's
 * documentation of this interface says; `analogy` what only its sibling products or one client of it
 * say. What is not known is not checked.
 */
export const SERVICE_ORDER_RULES = {
  create: [
    ...IDS,
    ...field('serviceIntroduction', required('confirmed'), ...text(20)),
    ...field('postPayments', ...PAYMENTS),
    ...field('postDiscounts', ...DISCOUNTS),
    ...field('timeRange', ...PLANNED_TIMES),
    ...field('location', ...LOCATION),
    ...field(
      'riskFund',
      ...within<CreateServiceOrderInput['riskFund']>(
        ...field('amount', FEN),
        ...field('amount', inRange(1, Number.MAX_SAFE_INTEGER, 'analogy')),
        ...field('description', ...text(30)),
      ),
    ),
    ...field('attach', ...text(256)),
    ...field('notifyUrl', ...text(255)),
    ...field(
      'notifyUrl',
      rule(
        {
          source: 'confirmed',
          code: 'BAD_FORMAT',
          message: 'Must be a public https URL without a query.',
        },
        (url: string) => URL.canParse(url) && /^https:\/\/[^?#]+$/.test(url),
      ),
    ),
    ...field('openid', ...text(128)),
    relation(
      'openid',
      {
        source: 'confirmed',
        code: 'REQUIRED',
        message: 'Required if needUserConfirm is false.',
      },
      ({ needUserConfirm, openid }) => needUserConfirm || Boolean(openid),
    ),
    relation(
      'openid',
      {
        source: 'confirmed',
        code: 'NOT_ALLOWED',
        message: 'Allowed only with needUserConfirm: false.',
      },
      ({ needUserConfirm, openid }) => !needUserConfirm || (openid ?? null) === null,
    ),
    relation(
      'openid',
      // Known from a merchant who confused the two.
      { source: 'analogy', code: 'BAD_FORMAT', message: 'Must be an openid, not an appid.' },
      ({ openid }) => !openid?.startsWith('wx'),
    ),
    ...field('device', ...DEVICE),
  ],
  complete: [
    ...IDS,
    ...field('postPayments', required('analogy'), ...PAYMENTS),
    ...field('postDiscounts', ...FINAL_DISCOUNTS),
    ...field('totalAmount', FEN),
    relation('totalAmount', SUM, isSum),
    ...field('timeRange', ...REAL_TIMES),
    ...field('location', ...LOCATION),
    ...field('goodsTag', ...text(32)),
    ...field('device', ...DEVICE),
  ],
  modify: [
    ...IDS,
    ...field('postPayments', required('analogy'), ...PAYMENTS),
    ...field('postDiscounts', ...MODIFY_DISCOUNTS),
    ...field('totalAmount', FEN),
    relation('totalAmount', SUM, isSum),
    ...field('reason', required('confirmed'), ...text(50)),
    ...field('device', ...DEVICE),
  ],
  cancel: [...IDS, ...field('reason', required('confirmed'), ...text(50))],
  collect: IDS,
  sync: [
    ...IDS,
    ...field('detail', ...within<SyncServiceOrderRequest['detail']>(...field('paidTime', MOMENT))),
  ],
} satisfies ServiceOrderRules;

interface ServiceOrderInputs {
  readonly create: CreateServiceOrderInput;
  readonly complete: CompleteServiceOrderRequest;
  readonly modify: ModifyServiceOrderRequest;
  readonly cancel: CancelServiceOrderRequest;
  readonly collect: CollectServiceOrderRequest;
  readonly sync: SyncServiceOrderRequest;
}

type ServiceOrderRules = {
  readonly [Operation in keyof ServiceOrderInputs]: readonly Rule<ServiceOrderInputs[Operation]>[];
};
