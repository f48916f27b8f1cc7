import { describe, expect, test } from 'vitest';
import { signLaunch, UnsignableLaunchError } from '../../../src/wechat/index.ts';

const KEY = 'v2-key-v2-key-v2-key-v2-key-v2-k';
const sign = (value: string) => signLaunch('wxpayScoreUse', { package: value }, KEY, Date.now());

test.each(['AZaz09_-|*', 'p+/0', 'QQ=', 'QUI==', '订单 1', 'x'.repeat(512)])(
  'a value without a separator is signed as it is: %j',
  (value) => {
    const { extraData } = sign(value);
    expect(extraData).toMatchObject({
      package: value,
      sign: expect.stringMatching(/^[0-9A-F]{64}$/),
    });
  },
);

describe('a value that could pass for other parameters is not signed', () => {
  test.each([
    ['a separator of pairs', 'R1&service_id=500002'],
    ['a separator at its end', 'R1&'],
    ['a separator of name and value', 'key=secret'],
    ['only a separator of name and value in front', '=x'],
    ['more padding than Base64 has', 'QQ==='],
    ['a line feed', 'R1\n'],
    ['a carriage return', 'R1\r'],
    ['a null character', 'R1\0'],
    ['a delete character', 'R1\u007F'],
    ['a control character of Latin-1', 'R1\u0085'],
    ['half of a surrogate pair', 'R1\uD83D'],
    ['513 characters', 'x'.repeat(513)],
  ])('a launch value is not signed if it has %s', (_, value) => {
    expect(() => sign(value)).toThrow(UnsignableLaunchError);
  });

  test('the error of an unsignable launch value names the parameter, not the value', () => {
    expect(() => sign('SECRET&')).toThrow(/^package cannot be signed: (?!.*SECRET)/);
  });

  test('an unsignable value is refused in every launch parameter', () => {
    const parameters = { service_id: '500001&', out_request_no: 'R1' };
    const launch = () => signLaunch('wxpayScoreEnable', parameters, KEY, Date.now());
    expect(launch).toThrow(/^service_id /);
  });
});
