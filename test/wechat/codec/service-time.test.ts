import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromWireTime,
  ON_ACCEPT,
  toWireMoment,
  toWireTime,
  wireMoment,
} from '../../../src/wechat/index.ts';

const digits = (value: number, length: number) => String(value).padStart(length, '0');
const hour = fc.integer({ min: 0, max: 23 });
const sixty = fc.integer({ min: 0, max: 59 });
/** A day that exists, made without Date. */
const day = fc
  .record({
    year: fc.integer({ min: 1000, max: 9999 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
  })
  .filter(({ year, month, day }) => day <= daysIn(year, month))
  .map(({ year, month, day }) => [digits(year, 4), digits(month, 2), digits(day, 2)] as const);
const clock = fc
  .tuple(hour, sixty, sixty)
  .map(([h, m, s]) => [digits(h, 2), digits(m, 2), digits(s, 2)] as const);

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

test('the two forms of a moment are exact inverses', () => {
  fc.assert(
    fc.property(day, clock, (date, time) => {
      const iso = `${date.join('-')}T${time.join(':')}+08:00`;
      const wire = [...date, ...time].join('');
      expect(toWireTime(iso)).toBe(wire);
      expect(fromWireTime(wire)).toBe(iso);
      expect(toWireTime(wire)).toBe(wire);
      expect(wireMoment(wire)).toBe(Date.parse(iso));
    }),
  );
});

test('the two forms of a day are exact inverses', () => {
  fc.assert(
    fc.property(day, (date) => {
      expect(toWireTime(date.join('-'))).toBe(date.join(''));
      expect(fromWireTime(date.join(''))).toBe(date.join('-'));
      expect(wireMoment(date.join(''))).toBe(Date.parse(`${date.join('-')}T00:00:00+08:00`));
    }),
  );
});

test('a moment with any offset becomes the same moment in Beijing', () => {
  const zone = fc
    .tuple(fc.constantFrom('+', '-'), hour, sixty)
    .map(([sign, hours, minutes]) => `${sign}${digits(hours, 2)}:${digits(minutes, 2)}`);
  const inner = day.filter(([year]) => year > '1000' && year < '9999');
  fc.assert(
    fc.property(inner, clock, fc.oneof(zone, fc.constant('Z')), (date, time, offset) => {
      const iso = `${date.join('-')}T${time.join(':')}${offset}`;
      const canonical = fromWireTime(toWireTime(iso) ?? '');
      expect(canonical).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
      expect(Date.parse(canonical ?? '')).toBe(Date.parse(iso));
    }),
  );
});

test('a day that does not exist is refused in every form', () => {
  const unreal = fc
    .record({
      year: fc.integer({ min: 1000, max: 9999 }),
      month: fc.integer({ min: 0, max: 13 }),
      day: fc.integer({ min: 0, max: 32 }),
    })
    .filter(
      ({ year, month, day }) => month < 1 || month > 12 || day < 1 || day > daysIn(year, month),
    );
  fc.assert(
    fc.property(unreal, ({ year, month, day }) => {
      const date = [digits(year, 4), digits(month, 2), digits(day, 2)];
      expect(toWireTime(date.join('-'))).toBeUndefined();
      expect(toWireTime(`${date.join('-')}T00:00:00+08:00`)).toBeUndefined();
      expect(toWireTime(date.join(''))).toBeUndefined();
      expect(fromWireTime(date.join(''))).toBeUndefined();
      expect(fromWireTime(`${date.join('')}000000`)).toBeUndefined();
    }),
  );
});

describe('no time', () => {
  test.each([
    '2026-02-30',
    '2026-02-29T10:00:00Z',
    '2026-01-01T24:00:00+08:00',
    '2026-01-01T23:60:00+08:00',
    '2026-01-01T23:59:60+08:00',
    '20260101240000',
    '2026-01-01T10:00:00',
    '2026-01-01T10:00:00+24:00',
    '2026-01-01T10:00:00+08:60',
    '2026-01-01 10:00:00+08:00',
    '2026-1-1',
    '202601011',
    'onaccept',
    'OnAccept ',
    '',
    '１２３４０１０１',
  ])('%o is not a time of the API', (text) => {
    expect(toWireTime(text)).toBeUndefined();
  });

  test.each(['2026-01-01', '20260230', '20260101240000', 'onaccept', '', '0', '2026010110'])(
    '%o is not a time of WeChat Pay',
    (text) => {
      expect(fromWireTime(text)).toBeUndefined();
    },
  );

  test('a time outside the years of four digits is refused', () => {
    expect(toWireTime('9999-12-31T23:59:59Z')).toBeUndefined();
    expect(toWireTime('0000-01-01T00:00:00+23:59')).toBeUndefined();
  });
});

test('OnAccept is the same on both sides, and not a moment', () => {
  expect(toWireTime(ON_ACCEPT)).toBe('OnAccept');
  expect(fromWireTime('OnAccept')).toBe('OnAccept');
  expect(wireMoment('OnAccept')).toBeUndefined();
});

test('seconds may be omitted, and may have a fraction of zero', () => {
  expect(toWireTime('2026-01-01T10:00+08:00')).toBe('20260101100000');
  expect(toWireTime('2026-01-01T10:00:00.000Z')).toBe('20260101180000');
});

test('a moment is written in Beijing time', () => {
  expect(toWireMoment(Date.parse('2026-12-31T16:00:00Z'))).toBe('20270101000000');
});
