import {
  type CompleteServiceOrderRequest,
  type CreateServiceOrderRequest,
  type ModifyServiceOrderRequest,
  ON_ACCEPT,
  toWireTime,
} from '../../wechat/index.ts';
import {
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

/*
 * The rules of the parts that several inputs of service orders share.
 */

type Optional<T> = T | null | undefined;
type Item<T> = T extends readonly (infer One)[] ? One : never;
type Payment = Item<CreateServiceOrderRequest['postPayments']>;
type TimeRange = CreateServiceOrderRequest['timeRange'];
type RealTimeRange = NonNullable<CompleteServiceOrderRequest['timeRange']>;
type Location = NonNullable<CreateServiceOrderRequest['location']>;
type Device = NonNullable<CreateServiceOrderRequest['device']>;

interface Ids {
  readonly outOrderNo: string;
  readonly appid: string;
  readonly serviceId: string;
}

/** A text of WeChat Pay's documentation; what only one of its clients limits is `analogy`. */
export const text = (max: number, source: Rule<unknown>['source'] = 'confirmed') => [
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

export const IDS: readonly Rule<Ids>[] = [
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

export const PAYMENTS = [
  uniqueNames<Payment>(MOST_PAYMENTS, GOODS),
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

export const DISCOUNTS = [
  uniqueNames<Discount>(MOST_DISCOUNTS),
  ...listOf<Discount>(
    MOST_DISCOUNTS,
    ...field('name', required('confirmed'), ...text(20)),
    ...field('description', required('confirmed'), ...text(30)),
    ...field('count', DISCOUNT_COUNT),
  ),
];

export const FINAL_DISCOUNTS = [
  uniqueNames<FinalDiscount>(MOST_DISCOUNTS),
  ...listOf<FinalDiscount>(
    MOST_DISCOUNTS,
    ...field('name', required('confirmed'), ...text(20)),
    ...field('description', ...text(30)),
    ...field('amount', FEN),
    ...field('count', DISCOUNT_COUNT),
  ),
];

export const MODIFY_DISCOUNTS = [
  uniqueNames<ModifyDiscount>(MOST_DISCOUNTS),
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
export const MOMENT = rule(
  { source: 'confirmed', code: 'BAD_FORMAT', message: `${FORMS}.` },
  isMoment,
);

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

export const PLANNED_TIMES: readonly Rule<Optional<TimeRange>>[] = within<TimeRange>(
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

export const REAL_TIMES: readonly Rule<Optional<RealTimeRange>>[] = within<RealTimeRange>(
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

export const LOCATION: readonly Rule<Optional<Location>>[] = within<Location>(
  ...field('startLocation', ...text(20, 'analogy')),
  ...field('endLocation', ...text(20, 'analogy')),
);

export const DEVICE: readonly Rule<Optional<Device>>[] = within<Device>(
  ...field('startDeviceId', ...text(50, 'analogy')),
  ...field('endDeviceId', ...text(50, 'analogy')),
  ...field('materielNo', ...text(100, 'analogy')),
);

interface Money {
  readonly postPayments: readonly Payment[];
  readonly postDiscounts?: Optional<readonly { readonly amount: number }[]>;
  readonly totalAmount: number;
}

export function isSum({ postPayments, postDiscounts, totalAmount }: Money): boolean {
  const payments = postPayments.reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  const discounts = (postDiscounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
  return payments - discounts === totalAmount;
}

export const SUM = {
  source: 'confirmed',
  code: 'OUT_OF_RANGE',
  message: 'Must be the sum of all postPayments less the sum of all postDiscounts.',
} as const;
