import type { InputRules } from '../../domain/input-rules.ts';
import {
  type CancelServiceOrderRequest,
  type CollectServiceOrderRequest,
  type CompleteServiceOrderRequest,
  type CreateServiceOrderRequest,
  type ModifyServiceOrderRequest,
  ON_ACCEPT,
  type SyncServiceOrderRequest,
  toWireTime,
} from '../../wechat/index.ts';
import type { InputIssue } from './input-issue.ts';
import {
  brokenRules,
  CHARACTERS,
  FEN,
  field,
  inRange,
  listOf,
  longest,
  type Rule,
  relation,
  required,
  rule,
  uniqueNames,
  within,
} from './rule.ts';
import { endsAfter, endsLater, hasCome } from './service-times.ts';

type Optional<T> = T | null | undefined;
type Item<T> = T extends readonly (infer One)[] ? One : never;
type Payment = Item<CreateServiceOrderRequest['postPayments']>;
type TimeRange = CreateServiceOrderRequest['timeRange'];
type RealTimeRange = NonNullable<CompleteServiceOrderRequest['timeRange']>;
type Location = NonNullable<CreateServiceOrderRequest['location']>;
type Device = NonNullable<CreateServiceOrderRequest['device']>;

/** The input of a create; `notifyUrl` may be left to the configuration. */
export type CreateServiceOrderInput = Omit<CreateServiceOrderRequest, 'notifyUrl'> & {
  readonly notifyUrl?: Optional<string>;
};

interface Ids {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
}

/** A text of WeChat Pay's documentation; what only one of its clients limits is `analogy`. */
const text = (max: number, source: Rule<unknown>['source'] = 'confirmed') => [
  longest(max, source),
  CHARACTERS,
];

const ID = [required('confirmed'), ...text(32)];
const NUMBER = rule(
  {
    source: 'confirmed',
    code: 'BAD_CHARACTER',
    message: 'Only digits, letters and _ - | * are allowed.',
  },
  (value: string) => /^[\w\-|*]*$/.test(value),
);

const IDS: readonly Rule<Ids>[] = [
  ...field('outOrderNo', required('confirmed'), longest(32, 'confirmed'), NUMBER),
  ...field('appid', ...ID),
  ...field('serviceId', ...ID),
];

const COUNT = inRange(1, 100, 'confirmed');
const DISCOUNT_COUNT = inRange(1, 100, 'analogy');
const MOST_PAYMENTS = 100;
const MOST_DISCOUNTS = 30;
/** 商品信息, the details of goods: the only name that an order may have several times. */
const GOODS = '商品信息';

const PAYMENTS = [
  uniqueNames<Payment>('confirmed', GOODS),
  ...listOf<Payment>(
    MOST_PAYMENTS,
    ...field('name', required('confirmed'), ...text(20)),
    ...field('amount', FEN),
    ...field('description', ...text(30)),
    ...field('count', COUNT),
    relation(
      'amount',
      // The newer pages of the documentation do not say it.
      { source: 'analogy', code: 'REQUIRED', message: 'Requires amount or description.' },
      ({ amount, description }) => typeof amount === 'number' || Boolean(description),
    ),
  ),
];

/** Named, because an order is completed with amounts and created without. */
type Discount = Item<CreateServiceOrderRequest['postDiscounts']>;
type FinalDiscount = Item<CompleteServiceOrderRequest['postDiscounts']>;
type ModifyDiscount = Item<ModifyServiceOrderRequest['postDiscounts']>;

const DISCOUNTS = [
  uniqueNames<Discount>('confirmed'),
  ...listOf<Discount>(
    MOST_DISCOUNTS,
    ...field('name', required('confirmed'), ...text(20)),
    ...field('description', required('confirmed'), ...text(30)),
    ...field('count', DISCOUNT_COUNT),
  ),
];

const FINAL_DISCOUNTS = [
  uniqueNames<FinalDiscount>('confirmed'),
  ...listOf<FinalDiscount>(
    MOST_DISCOUNTS,
    ...field('name', required('confirmed'), ...text(20)),
    ...field('description', ...text(30)),
    ...field('amount', FEN),
    ...field('count', DISCOUNT_COUNT),
  ),
];

const MODIFY_DISCOUNTS = [
  uniqueNames<ModifyDiscount>('confirmed'),
  ...listOf<ModifyDiscount>(
    MOST_DISCOUNTS,
    ...field('name', ...text(20)),
    ...field('description', ...text(30)),
    ...field('amount', FEN),
    ...field('count', DISCOUNT_COUNT),
  ),
];

const FORMS = 'ISO 8601 in whole seconds with an offset, a plain date, or yyyyMMddHHmmss';

function isTime(value: string): boolean {
  return toWireTime(value) !== undefined;
}

/** A time that is not the moment of confirmation. */
function isMoment(value: string): boolean {
  return isTime(value) && value !== ON_ACCEPT;
}

const START_TIME = rule(
  { source: 'confirmed', code: 'BAD_FORMAT', message: `${FORMS}; or OnAccept.` },
  isTime,
);
const MOMENT = rule({ source: 'confirmed', code: 'BAD_FORMAT', message: `${FORMS}.` }, isMoment);

/** The wire form of a time; undefined for what is none, which another rule reports. */
function wireOf(time: Optional<string>): string | undefined {
  const wire = toWireTime(time ?? '');
  return wire === ON_ACCEPT ? undefined : wire;
}

interface Times {
  readonly startTime?: Optional<string>;
  readonly endTime?: Optional<string>;
}

function endsAfterStart({ startTime, endTime }: Times): boolean {
  const [start, end] = [wireOf(startTime), wireOf(endTime)];
  return start === undefined || end === undefined || endsAfter(start, end);
}

const END_AFTER_START = {
  source: 'confirmed',
  code: 'OUT_OF_RANGE',
  message: 'Must be after startTime; a plain date may be the same day.',
} as const;

const PLANNED_TIMES: readonly Rule<Optional<TimeRange>>[] = within<TimeRange>(
  ...field('startTime', START_TIME),
  ...field('startTimeRemark', ...text(20)),
  ...field('endTime', MOMENT),
  // Its limit is 20 or 50, depending on the source.
  ...field('endTimeRemark', ...text(20, 'analogy')),
  relation('endTime', END_AFTER_START, endsAfterStart),
  relation(
    'endTime',
    {
      source: 'confirmed',
      code: 'OUT_OF_RANGE',
      message: 'Must be more than a minute from now; a plain date may be today.',
    },
    ({ endTime }, now) => {
      const end = wireOf(endTime);
      return end === undefined || endsLater(end, now);
    },
  ),
);

const REAL_TIMES: readonly Rule<Optional<RealTimeRange>>[] = within<RealTimeRange>(
  ...field('startTime', MOMENT),
  ...field('endTime', MOMENT),
  relation('endTime', END_AFTER_START, endsAfterStart),
  relation(
    'endTime',
    { source: 'confirmed', code: 'OUT_OF_RANGE', message: 'Must not be in the future.' },
    ({ endTime }, now) => {
      const end = wireOf(endTime);
      return end === undefined || hasCome(end, now);
    },
  ),
);

const LOCATION: readonly Rule<Optional<Location>>[] = within<Location>(
  ...field('startLocation', ...text(20, 'analogy')),
  ...field('endLocation', ...text(20, 'analogy')),
);

const DEVICE: readonly Rule<Optional<Device>>[] = within<Device>(
  ...field('startDeviceId', ...text(50, 'analogy')),
  ...field('endDeviceId', ...text(50, 'analogy')),
  ...field('materielNo', ...text(100, 'analogy')),
);

interface Money {
  readonly postPayments: readonly Payment[];
  readonly postDiscounts?: Optional<readonly { readonly amount: number }[]>;
  readonly totalAmount: number;
}

function isSum({ postPayments, postDiscounts, totalAmount }: Money): boolean {
  const payments = postPayments.reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  const discounts = (postDiscounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
  return payments - discounts === totalAmount;
}

const SUM = {
  source: 'confirmed',
  code: 'OUT_OF_RANGE',
  message: 'Must be the sum of all postPayments less the sum of all postDiscounts.',
} as const;

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
  cancel: [
    ...IDS,
    ...field('reason', required('confirmed'), ...text(50)),
  ],
  collect: IDS,
  sync: [
    ...IDS,
    ...field(
      'detail',
      ...within<SyncServiceOrderRequest['detail']>(...field('paidTime', MOMENT)),
    ),
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

/**
 * Every rule that an input breaks before it is sent, all together.
 * @param now Unix ms
 */
export function serviceOrderInputIssues<T>(
  table: readonly Rule<T>[],
  input: T,
  rules: InputRules,
  now: number,
): readonly InputIssue[] {
  return brokenRules(table, input, rules, now);
}
