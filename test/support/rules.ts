import type { JsonObject } from './json.ts';

/** One rule: an input at its border, one beyond it, and the issue of the latter. */
export interface Rule {
  readonly path: readonly string[];
  readonly code: string;
  readonly source: 'confirmed' | 'analogy';
  readonly passes: JsonObject;
  readonly breaks: JsonObject;
  /** Whose description names the rule, where it isn't that of the path's last field. */
  readonly described?: string;
}

type Border = Pick<Rule, 'passes' | 'breaks'>;
const EMOJI = '😀';
const FEN_MAX = Number.MAX_SAFE_INTEGER;

const rulesOf =
  (source: Rule['source']) =>
  (path: string, code: string, passes: JsonObject, breaks: JsonObject): Rule => ({
    path: path.split('.'),
    code,
    source,
    passes,
    breaks,
  });
const confirmed = rulesOf('confirmed');
const analogy = rulesOf('analogy');

const han = (count: number) => '字'.repeat(count);
const fee = (changes: JsonObject) => ({ fees: [{ feeName: '费', feeAmount: 1, ...changes }] });
const discount = (changes: JsonObject) => ({
  discounts: [{ discountName: '减', discountDesc: '说明', ...changes }],
});
const fees = (count: number) => ({
  fees: Array.from({ length: count }, (_, index) => ({ feeName: `费${index}`, feeAmount: 1 })),
});
const discounts = (count: number) => ({
  discounts: Array.from({ length: count }, (_, index) => ({
    discountName: `减${index}`,
    discountDesc: '说明',
  })),
});
/** Texts of a field at a length and one beyond, a character of three bytes each. */
const upTo = (field: string, max: number): Border => ({
  passes: { [field]: han(max) },
  breaks: { [field]: han(max + 1) },
});
/** The highest character of three UTF-8 bytes, and one of four. */
const threeBytes = (field: string): Border => ({
  passes: { [field]: '\uFFFD' },
  breaks: { [field]: EMOJI },
});
const starts = (serviceStartTime: string, serviceEndTime: string) => ({
  serviceStartTime,
  serviceEndTime,
});
const byUser = { needUserConfirm: false, openid: 'o'.repeat(128) };

export const RULES: readonly Rule[] = [
  confirmed('outOrderNo', 'REQUIRED', {}, { outOrderNo: '' }),
  analogy('outOrderNo', 'TOO_LONG', {}, { outOrderNo: '1'.repeat(33) }),
  analogy('outOrderNo', 'BAD_CHARACTER', { outOrderNo: 'aZ09_-|*' }, { outOrderNo: 'a.b' }),
  confirmed('outOrderNo', 'BAD_CHARACTER', { outOrderNo: '-' }, { outOrderNo: '.' }),
  confirmed('outOrderNo', 'BAD_CHARACTER', { outOrderNo: '|' }, { outOrderNo: '..' }),
  ...['appid', 'serviceId'].flatMap((field) => [
    confirmed(field, 'REQUIRED', {}, { [field]: '' }),
    analogy(field, 'TOO_LONG', { [field]: 'x'.repeat(32) }, { [field]: 'x'.repeat(33) }),
    confirmed(field, 'BAD_CHARACTER', { [field]: '\uFFFD' }, { [field]: EMOJI }),
  ]),
  confirmed(
    'serviceStartTime',
    'BAD_FORMAT',
    { serviceStartTime: '2099-12-31' },
    {
      serviceStartTime: '2099-12-32',
    },
  ),
  confirmed('serviceEndTime', 'BAD_FORMAT', { serviceEndTime: null }, { serviceEndTime: '' }),
  analogy(
    'serviceEndTime',
    'OUT_OF_RANGE',
    starts('2099-01-02T00:00:00+08:00', '2099-01-01T16:00:01Z'),
    starts('2099-01-02T00:00:00+08:00', '2099-01-01T16:00:00Z'),
  ),
  analogy(
    'serviceEndTime',
    'OUT_OF_RANGE',
    starts('2099-01-02T23:59:59+08:00', '2099-01-02'),
    starts('2099-01-02T23:59:59+08:00', '2099-01-01'),
  ),
  analogy(
    'serviceEndTime',
    'OUT_OF_RANGE',
    { serviceEndTime: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '') },
    { serviceEndTime: new Date(Date.now() + 30_000).toISOString().replace(/\.\d+/, '') },
  ),
  ...['serviceStartLocation', 'serviceIntroduction'].map((field) =>
    analogy(field, 'REQUIRED', { [field]: 'x' }, { [field]: '' }),
  ),
  ...['serviceStartLocation', 'serviceEndLocation', 'serviceIntroduction'].flatMap((field) => [
    { ...analogy(field, 'TOO_LONG', {}, {}), ...upTo(field, 20) },
    { ...confirmed(field, 'BAD_CHARACTER', {}, {}), ...threeBytes(field) },
  ]),
  { ...confirmed('attach', 'TOO_LONG', {}, {}), ...upTo('attach', 200) },
  { ...confirmed('attach', 'BAD_CHARACTER', {}, {}), ...threeBytes('attach') },
  analogy('fees', 'TOO_MANY', fees(100), fees(101)),
  analogy('fees.0.feeName', 'REQUIRED', fee({ feeName: 'x' }), fee({ feeName: '' })),
  analogy('fees.0.feeName', 'TOO_LONG', fee({ feeName: han(20) }), fee({ feeName: han(21) })),
  confirmed('fees.0.feeName', 'BAD_CHARACTER', fee({ feeName: '\uFFFD' }), fee({ feeName: EMOJI })),
  analogy('fees.1.feeName', 'NOT_UNIQUE', fees(2), {
    fees: [...fees(1).fees, ...fees(1).fees],
  }),
  analogy('fees.0.feeCount', 'OUT_OF_RANGE', fee({ feeCount: 1 }), fee({ feeCount: 0 })),
  analogy('fees.0.feeCount', 'OUT_OF_RANGE', fee({ feeCount: 100 }), fee({ feeCount: 101 })),
  confirmed('fees.0.feeAmount', 'OUT_OF_RANGE', fee({ feeAmount: 0 }), fee({ feeAmount: -1 })),
  analogy('fees.0.feeDesc', 'TOO_LONG', fee({ feeDesc: han(30) }), fee({ feeDesc: han(31) })),
  confirmed('fees.0.feeDesc', 'BAD_CHARACTER', fee({ feeDesc: '\uFFFD' }), fee({ feeDesc: EMOJI })),
  {
    ...analogy(
      'fees.0',
      'REQUIRED',
      fee({ feeAmount: null, feeDesc: 'x' }),
      fee({ feeAmount: null, feeDesc: '' }),
    ),
    described: 'feeAmount',
  },
  confirmed('discounts', 'TOO_MANY', discounts(5), discounts(6)),
  analogy(
    'discounts.0.discountName',
    'REQUIRED',
    discount({ discountName: 'x' }),
    discount({ discountName: '' }),
  ),
  confirmed(
    'discounts.0.discountName',
    'TOO_LONG',
    discount({ discountName: han(20) }),
    discount({ discountName: han(21) }),
  ),
  confirmed(
    'discounts.0.discountName',
    'BAD_CHARACTER',
    discount({ discountName: '\uFFFD' }),
    discount({ discountName: EMOJI }),
  ),
  analogy('discounts.1.discountName', 'NOT_UNIQUE', discounts(2), {
    discounts: [...discounts(1).discounts, ...discounts(1).discounts],
  }),
  analogy(
    'discounts.0.discountDesc',
    'REQUIRED',
    discount({ discountDesc: 'x' }),
    discount({ discountDesc: '' }),
  ),
  analogy(
    'discounts.0.discountDesc',
    'TOO_LONG',
    discount({ discountDesc: han(30) }),
    discount({ discountDesc: han(31) }),
  ),
  confirmed(
    'discounts.0.discountDesc',
    'BAD_CHARACTER',
    discount({ discountDesc: '\uFFFD' }),
    discount({ discountDesc: EMOJI }),
  ),
  confirmed('riskAmount', 'OUT_OF_RANGE', { riskAmount: FEN_MAX }, { riskAmount: FEN_MAX + 1 }),
  analogy('riskAmount', 'OUT_OF_RANGE', { riskAmount: 1 }, { riskAmount: 0 }),
  analogy('openid', 'TOO_LONG', byUser, { ...byUser, openid: 'o'.repeat(129) }),
  confirmed(
    'openid',
    'BAD_CHARACTER',
    { ...byUser, openid: '\uFFFD' },
    { ...byUser, openid: EMOJI },
  ),
  analogy('openid', 'REQUIRED', byUser, { needUserConfirm: false, openid: '' }),
  analogy('openid', 'NOT_ALLOWED', { openid: null }, { openid: 'o1' }),
  ...['name', 'phone', 'userid', 'address'].flatMap((field) => [
    confirmed(field, 'TOO_LONG', { [field]: `${han(71)}a` }, { [field]: `${han(71)}ab` }),
    { ...analogy(field, 'BAD_CHARACTER', {}, {}), ...threeBytes(field) },
  ]),
];
