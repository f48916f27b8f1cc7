import { describe, expect, test } from 'vitest';
import { clientAddress, trustedProxies } from '../../src/http/request-headers.ts';
import { problemsOf } from '../fixtures/process/environment.ts';

const clientOf = clientAddress(trustedProxies(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']));
const from = (peer: string, headers: Readonly<Record<string, string>>) =>
  clientOf(peer, (name) => headers[name]);

describe('the address of a client', () => {
  test.each([
    ['198.51.100.7', '203.0.113.9', '198.51.100.7', 'nobody trusted says otherwise'],
    ['127.0.0.1', '203.0.113.9', '203.0.113.9', 'a trusted proxy says whom it served'],
    ['::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9', 'over IPv6 too'],
    ['10.1.2.3', '192.0.2.1, 203.0.113.9', '203.0.113.9', 'what a client claims itself is nothing'],
    ['10.1.2.3', '203.0.113.9, 10.9.9.9', '203.0.113.9', 'behind two proxies of ours'],
    ['10.1.2.3', '203.0.113.9:5511', '203.0.113.9', 'with a port'],
    ['fd00::1', '[2001:db8::7]:443', '2001:db8::7', 'IPv6 in brackets'],
    ['10.1.2.3', 'unknown', '10.1.2.3', 'where the proxy does not know'],
    ['10.1.2.3', '', '10.1.2.3', 'where it says nothing'],
    ['10.1.2.3', '10.4.4.4', '10.4.4.4', 'one of ours calls by itself'],
  ])('the address of a client of %s with X-Forwarded-For: %s is %s: %s', (peer, header, client) => {
    expect(from(peer, { 'x-forwarded-for': header })).toBe(client);
  });

  test('the address of a client is taken from the header Forwarded if it is given', () => {
    const forwarded = 'for=192.0.2.1, for="[2001:db8::7]:443";proto=https;by=10.1.2.3';
    const headers = { forwarded, 'x-forwarded-for': '192.0.2.99' };
    expect(from('10.1.2.3', headers)).toBe('2001:db8::7');
    expect(from('198.51.100.7', headers)).toBe('198.51.100.7');
  });

  test('the address of a client is unknown without a connection', () => {
    expect(clientOf(undefined, () => '203.0.113.9')).toBeUndefined();
  });
});

test.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/8/8', '300.1.1.1', ','])(
  'TRUSTED_PROXIES=%s is refused, or empty',
  (value) => {
    const problems = problemsOf({ TRUSTED_PROXIES: value });
    const expected =
      value === ',' ? [] : [expect.stringContaining('TRUSTED_PROXIES contains an invalid entry')];
    expect(problems).toEqual(expected);
  },
);
