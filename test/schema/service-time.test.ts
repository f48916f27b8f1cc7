import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { orderInput } from '../fixtures/graphql/inputs.ts';
import { at } from '../fixtures/json.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox();
});
afterAll(() => fixture.close());

test.each([
  ['in Beijing time', '2099-07-05T17:35:49+08:00', '20990705173549', '2099-07-05T17:35:49+08:00'],
  ['in UTC', '2099-07-05T20:00:00Z', '20990706040000', '2099-07-06T04:00:00+08:00'],
  ['east of it', '2099-07-05T01:00:00+13:45', '20990704191500', '2099-07-04T19:15:00+08:00'],
  ['west of it', '2099-12-31T23:59:59-09:30', '21000101172959', '2100-01-01T17:29:59+08:00'],
  [
    'with zero fractions',
    '2099-07-05T17:35:49.000Z',
    '20990706013549',
    '2099-07-06T01:35:49+08:00',
  ],
  [
    'with a fraction, as toISOString() writes it',
    new Date(Date.UTC(2099, 6, 5, 17, 35, 49, 999)).toISOString(),
    '20990706013549',
    '2099-07-06T01:35:49+08:00',
  ],
  ["in WeChat's digits", '20990705173549', '20990705173549', '2099-07-05T17:35:49+08:00'],
  ['as a plain date', '2099-07-05', '20990705', '2099-07-05'],
  ["as a date in WeChat's digits", '20990705', '20990705', '2099-07-05'],
  ['as OnAccept', 'OnAccept', 'OnAccept', 'OnAccept'],
])('a start %s is sent in digits and shown in one form', async (_, given, wire, shown) => {
  const input = orderInput({ serviceStartTime: given });
  await fixture.create(input);
  const { outOrderNo } = input;
  expect(at(await fixture.stored(outOrderNo), 'request', 'service_start_time')).toBe(wire);
  expect(await fixture.order({ outOrderNo })).toMatchObject({ serviceStartTime: shown });
});

test('a returned time can be passed as input, and names the same order', async () => {
  const input = orderInput({
    serviceStartTime: '2099-07-05T20:00:00Z',
    serviceEndTime: '20990707',
  });
  const first = await fixture.create(input);
  const { outOrderNo } = input;
  const seen = await fixture.order({ outOrderNo });
  const serviceStartTime = at(seen, 'serviceStartTime');
  const serviceEndTime = at(seen, 'serviceEndTime');
  expect(await fixture.create({ ...input, serviceStartTime, serviceEndTime })).toEqual(first);
});

test.each([
  '2099-02-30',
  '2099-07-05T24:00:00Z',
  '2099-07-05T17:35:49',
  '2099-07-05T17:35:49.Z',
  '2099-07-05T17:35.5Z',
  '2099-07-05 17:35:49+08:00',
  '2099-07-05T17:35:49+24:00',
  '209907051735',
  'onaccept',
  '',
])('%j is not a time, so the field is reported and nothing is sent', async (serviceStartTime) => {
  await fixture.reset();
  expect(await fixture.create(orderInput({ serviceStartTime }))).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['serviceStartTime'], code: 'BAD_FORMAT' }],
  });
  expect(fixture.calls()).toEqual([]);
});

test('OnAccept is not accepted as an end', async () => {
  expect(await fixture.create(orderInput({ serviceEndTime: 'OnAccept' }))).toMatchObject({
    issues: [{ path: ['serviceEndTime'], code: 'BAD_FORMAT' }],
  });
});
