import { describe, expect, test } from 'vitest';
import { brokenRules, type Rule } from '../../../src/orders/rules/rule.ts';
import { SERVICE_ORDER_RULES } from '../../../src/orders/rules/service-order-input.ts';

/** 2026-07-06 10:00:00 in Beijing. */
const NOW = Date.parse('2026-07-06T10:00:00+08:00');
const ids = { appid: 'wx1', serviceId: '500001', outOrderNo: 'aZ09_-|*' };
const han = (count: number) => '字'.repeat(count);
const EMOJI = '😀';
const FEN_MAX = Number.MAX_SAFE_INTEGER;

const payment = (changes: object = {}) => ({ name: '房费', amount: 1, ...changes });
const payments = (count: number) =>
  Array.from({ length: count }, (_, index) => payment({ name: `费${index}` }));
const discount = (changes: object = {}) => ({ name: '减', description: '说明', ...changes });
const discounts = (count: number) =>
  Array.from({ length: count }, (_, index) => discount({ name: `减${index}` }));

/** Inputs that every rule lets pass. */
const VALID = {
  create: {
    ...ids,
    serviceIntroduction: han(20),
    postPayments: [...payments(98), payment({ name: '商品信息' }), payment({ name: '商品信息' })],
    postDiscounts: discounts(30),
    timeRange: {
      startTime: 'OnAccept',
      startTimeRemark: han(20),
      endTime: '20260706100101',
      endTimeRemark: han(20),
    },
    location: { startLocation: han(20), endLocation: han(20) },
    riskFund: { name: 'DEPOSIT', amount: FEN_MAX, description: han(30) },
    attach: 'x'.repeat(256),
    notifyUrl: `https://shop.example/${'x'.repeat(234)}`,
    needUserConfirm: false,
    openid: 'o'.repeat(128),
    device: {
      startDeviceId: 'x'.repeat(50),
      endDeviceId: 'x'.repeat(50),
      materielNo: 'x'.repeat(100),
    },
  },
  complete: {
    ...ids,
    postPayments: payments(100),
    postDiscounts: discounts(30).map((one) => ({ ...one, amount: 1 })),
    totalAmount: 70,
    timeRange: { startTime: '2026-07-05', endTime: '2026-07-06T10:00:00+08:00' },
    location: { endLocation: han(20) },
    goodsTag: 'x'.repeat(32),
  },
  modify: {
    ...ids,
    postPayments: [payment({ amount: 0, count: 100 })],
    postDiscounts: [{ amount: 0 }, { amount: 0 }],
    totalAmount: 0,
    reason: han(50),
  },
  cancel: { ...ids, reason: han(50) },
  collect: ids,
  sync: { ...ids, type: 'Order_Paid', detail: { paidTime: '20260706' } },
} as const;

type Name = keyof typeof VALID;
type Broken = readonly [changes: object, ...issues: readonly string[]];
const range = (changes: object) => ({ timeRange: { ...VALID.create.timeRange, ...changes } });
const list = (changes: object) => ({ postPayments: [payment(changes)] });
const cut = (changes: object) => ({ postDiscounts: [discount(changes)] });
const final = (changes: object) => ({ ...list(changes), postDiscounts: null, totalAmount: 1 });

const OF_ALL: readonly Broken[] = [
  [{ outOrderNo: '' }, 'outOrderNo REQUIRED confirmed'],
  [{ outOrderNo: 'x'.repeat(33) }, 'outOrderNo TOO_LONG confirmed'],
  [{ outOrderNo: '.' }, 'outOrderNo BAD_CHARACTER confirmed'],
  ...['appid', 'serviceId'].flatMap((id): readonly Broken[] => [
    [{ [id]: '' }, `${id} REQUIRED confirmed`],
    [{ [id]: 'x'.repeat(33) }, `${id} TOO_LONG confirmed`],
    [{ [id]: EMOJI }, `${id} BAD_CHARACTER confirmed`],
  ]),
];
const OF_LISTS = (of: (changes: object) => object): readonly Broken[] => [
  [of({ name: '' }), 'postPayments.0.name REQUIRED confirmed'],
  [of({ name: han(21) }), 'postPayments.0.name TOO_LONG confirmed'],
  [of({ name: EMOJI }), 'postPayments.0.name BAD_CHARACTER confirmed'],
  [of({ description: han(31) }), 'postPayments.0.description TOO_LONG confirmed'],
  [of({ description: EMOJI }), 'postPayments.0.description BAD_CHARACTER confirmed'],
  [of({ count: 0 }), 'postPayments.0.count OUT_OF_RANGE confirmed'],
  [of({ count: 101 }), 'postPayments.0.count OUT_OF_RANGE confirmed'],
];
const OF_DEVICE: readonly Broken[] = (
  [
    ['startDeviceId', 51],
    ['endDeviceId', 51],
    ['materielNo', 101],
  ] as const
).flatMap(([name, length]): readonly Broken[] => [
  [{ device: { [name]: 'x'.repeat(length) } }, `device.${name} TOO_LONG analogy`],
  [{ device: { [name]: EMOJI } }, `device.${name} BAD_CHARACTER confirmed`],
]);
const OF_LOCATION: readonly Broken[] = ['startLocation', 'endLocation'].flatMap(
  (name): readonly Broken[] => [
    [{ location: { [name]: han(21) } }, `location.${name} TOO_LONG analogy`],
    [{ location: { [name]: EMOJI } }, `location.${name} BAD_CHARACTER confirmed`],
  ],
);
const OF_REASON: readonly Broken[] = [
  [{ reason: '' }, 'reason REQUIRED confirmed'],
  [{ reason: han(51) }, 'reason TOO_LONG confirmed'],
  [{ reason: EMOJI }, 'reason BAD_CHARACTER confirmed'],
];
const finalDiscounts = (list: readonly object[]) => ({
  postPayments: [payment({ amount: 100 })],
  postDiscounts: list,
  totalAmount: 100 - list.length,
});
const OF_TOTALS: readonly Broken[] = [
  ...OF_LISTS(final),
  [
    { postPayments: payments(101), postDiscounts: null, totalAmount: 101 },
    'postPayments TOO_MANY confirmed',
  ],
  [
    { postPayments: [payment(), payment()], postDiscounts: null, totalAmount: 2 },
    'postPayments.1.name NOT_UNIQUE confirmed',
  ],
  [
    { postPayments: [{ name: 'x' }], postDiscounts: null, totalAmount: 0 },
    'postPayments.0.amount REQUIRED analogy',
  ],
  [
    { ...final({ amount: 1.5 }), totalAmount: 1.5 },
    'postPayments.0.amount OUT_OF_RANGE confirmed',
    'totalAmount OUT_OF_RANGE confirmed',
  ],
  [{ postPayments: [], postDiscounts: null, totalAmount: 0 }, 'postPayments REQUIRED analogy'],
  [{ totalAmount: 71 }, 'totalAmount OUT_OF_RANGE confirmed'],
  [
    finalDiscounts(discounts(31).map((one) => ({ ...one, amount: 1 }))),
    'postDiscounts TOO_MANY confirmed',
  ],
  [
    finalDiscounts([discount({ amount: 1 }), discount({ amount: 1 })]),
    'postDiscounts.1.name NOT_UNIQUE confirmed',
  ],
  [
    finalDiscounts([discount({ amount: 1, name: han(21) })]),
    'postDiscounts.0.name TOO_LONG confirmed',
  ],
  [
    finalDiscounts([discount({ amount: 1, name: EMOJI })]),
    'postDiscounts.0.name BAD_CHARACTER confirmed',
  ],
  [
    finalDiscounts([discount({ amount: 1, description: han(31) })]),
    'postDiscounts.0.description TOO_LONG confirmed',
  ],
  [
    finalDiscounts([discount({ amount: 1, description: EMOJI })]),
    'postDiscounts.0.description BAD_CHARACTER confirmed',
  ],
  [
    finalDiscounts([discount({ amount: 1, count: 0 })]),
    'postDiscounts.0.count OUT_OF_RANGE analogy',
  ],
  [
    { ...list({ amount: 0 }), postDiscounts: [discount({ amount: -1 })], totalAmount: 1 },
    'postDiscounts.0.amount OUT_OF_RANGE confirmed',
  ],
];

/** What breaks one rule each, with the issue and its source. */
const BROKEN: Readonly<Record<Name, readonly Broken[]>> = {
  create: [
    ...OF_ALL,
    [{ serviceIntroduction: '' }, 'serviceIntroduction REQUIRED confirmed'],
    [{ serviceIntroduction: han(21) }, 'serviceIntroduction TOO_LONG confirmed'],
    [{ serviceIntroduction: EMOJI }, 'serviceIntroduction BAD_CHARACTER confirmed'],
    ...OF_LISTS(list),
    [{ postPayments: payments(101) }, 'postPayments TOO_MANY confirmed'],
    [{ postPayments: [payment(), payment()] }, 'postPayments.1.name NOT_UNIQUE confirmed'],
    [list({ amount: -1 }), 'postPayments.0.amount OUT_OF_RANGE confirmed'],
    [list({ amount: null }), 'postPayments.0.amount REQUIRED analogy'],
    [{ postDiscounts: discounts(31) }, 'postDiscounts TOO_MANY confirmed'],
    [{ postDiscounts: [discount(), discount()] }, 'postDiscounts.1.name NOT_UNIQUE confirmed'],
    [cut({ name: '' }), 'postDiscounts.0.name REQUIRED confirmed'],
    [cut({ name: han(21) }), 'postDiscounts.0.name TOO_LONG confirmed'],
    [cut({ name: EMOJI }), 'postDiscounts.0.name BAD_CHARACTER confirmed'],
    [cut({ description: '' }), 'postDiscounts.0.description REQUIRED confirmed'],
    [cut({ description: han(31) }), 'postDiscounts.0.description TOO_LONG confirmed'],
    [cut({ description: EMOJI }), 'postDiscounts.0.description BAD_CHARACTER confirmed'],
    [cut({ count: 101 }), 'postDiscounts.0.count OUT_OF_RANGE analogy'],
    [range({ startTime: '2026-02-30' }), 'timeRange.startTime BAD_FORMAT confirmed'],
    [range({ startTimeRemark: han(21) }), 'timeRange.startTimeRemark TOO_LONG confirmed'],
    [range({ startTimeRemark: EMOJI }), 'timeRange.startTimeRemark BAD_CHARACTER confirmed'],
    [range({ endTime: 'OnAccept' }), 'timeRange.endTime BAD_FORMAT confirmed'],
    [range({ endTime: '20260706100100' }), 'timeRange.endTime OUT_OF_RANGE confirmed'],
    [
      range({ startTime: '20990101000000', endTime: '20990101000000' }),
      'timeRange.endTime OUT_OF_RANGE confirmed',
    ],
    [range({ endTimeRemark: han(21) }), 'timeRange.endTimeRemark TOO_LONG analogy'],
    [range({ endTimeRemark: EMOJI }), 'timeRange.endTimeRemark BAD_CHARACTER confirmed'],
    ...OF_LOCATION,
    [
      { riskFund: { name: 'DEPOSIT', amount: FEN_MAX + 1 } },
      'riskFund.amount OUT_OF_RANGE confirmed',
      'riskFund.amount OUT_OF_RANGE analogy',
    ],
    [{ riskFund: { name: 'DEPOSIT', amount: 0 } }, 'riskFund.amount OUT_OF_RANGE analogy'],
    [
      { riskFund: { name: 'DEPOSIT', amount: 1, description: han(31) } },
      'riskFund.description TOO_LONG confirmed',
    ],
    [
      { riskFund: { name: 'DEPOSIT', amount: 1, description: EMOJI } },
      'riskFund.description BAD_CHARACTER confirmed',
    ],
    [{ attach: 'x'.repeat(257) }, 'attach TOO_LONG confirmed'],
    [{ attach: EMOJI }, 'attach BAD_CHARACTER confirmed'],
    [{ notifyUrl: `https://shop.example/${'x'.repeat(235)}` }, 'notifyUrl TOO_LONG confirmed'],
    [{ notifyUrl: `https://shop.example/${EMOJI}` }, 'notifyUrl BAD_CHARACTER confirmed'],
    [{ notifyUrl: 'http://shop.example/n' }, 'notifyUrl BAD_FORMAT confirmed'],
    [{ notifyUrl: 'https://shop.example/n?x=1' }, 'notifyUrl BAD_FORMAT confirmed'],
    [{ openid: 'o'.repeat(129) }, 'openid TOO_LONG confirmed'],
    [{ openid: EMOJI }, 'openid BAD_CHARACTER confirmed'],
    [{ openid: null }, 'openid REQUIRED confirmed'],
    [{ needUserConfirm: true }, 'openid NOT_ALLOWED confirmed'],
    [{ openid: 'wxd678efh567hg6787' }, 'openid BAD_FORMAT analogy'],
    ...OF_DEVICE,
  ],
  complete: [
    ...OF_ALL,
    ...OF_TOTALS,
    [
      finalDiscounts([discount({ amount: 1, name: '' })]),
      'postDiscounts.0.name REQUIRED confirmed',
    ],
    [
      { totalAmount: -1 },
      'totalAmount OUT_OF_RANGE confirmed',
      'totalAmount OUT_OF_RANGE confirmed',
    ],
    [{ timeRange: { startTime: 'OnAccept' } }, 'timeRange.startTime BAD_FORMAT confirmed'],
    [{ timeRange: { endTime: 'x' } }, 'timeRange.endTime BAD_FORMAT confirmed'],
    [
      { timeRange: { startTime: '20260705000000', endTime: '20260705000000' } },
      'timeRange.endTime OUT_OF_RANGE confirmed',
    ],
    [{ timeRange: { endTime: '20260706100001' } }, 'timeRange.endTime OUT_OF_RANGE confirmed'],
    ...OF_LOCATION,
    [{ goodsTag: 'x'.repeat(33) }, 'goodsTag TOO_LONG confirmed'],
    [{ goodsTag: EMOJI }, 'goodsTag BAD_CHARACTER confirmed'],
    ...OF_DEVICE,
  ],
  modify: [...OF_ALL, ...OF_TOTALS, ...OF_REASON, ...OF_DEVICE],
  cancel: [...OF_ALL, ...OF_REASON],
  collect: OF_ALL,
  sync: [...OF_ALL, [{ detail: { paidTime: 'OnAccept' } }, 'detail.paidTime BAD_FORMAT confirmed']],
};

describe.each(Object.entries(SERVICE_ORDER_RULES))('%s', (name, table) => {
  const rules = table as readonly Rule<unknown>[];
  const valid = VALID[name as Name];
  const broken = BROKEN[name as Name];

  test('an input at the border of every rule passes', () => {
    expect(brokenRules(rules, valid, 'all', NOW)).toEqual([]);
  });

  test.each(broken.map(([changes, ...issues]) => [issues.join(', '), changes, issues] as const))(
    'an input beyond it breaks: %s',
    (_, changes, issues) => {
      const input = { ...valid, ...changes };
      const found = (how: 'all' | 'confirmed') =>
        brokenRules(rules, input, how, NOW).map(({ path, code }) => `${path.join('.')} ${code}`);
      const bare = (issue: string) => issue.split(' ').slice(0, 2).join(' ');
      expect(found('all')).toEqual(issues.map(bare));
      const confirmed = issues.filter((issue) => issue.endsWith('confirmed'));
      expect(found('confirmed')).toEqual(confirmed.map(bare));
    },
  );

  test('every rule of the table has an input that breaks it', () => {
    const untested = rules.filter(
      ({ brokenAt }) =>
        !broken.some(([changes]) => brokenAt({ ...valid, ...changes }, NOW).length > 0),
    );
    expect(untested).toEqual([]);
  });
});
