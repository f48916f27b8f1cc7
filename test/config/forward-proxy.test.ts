import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/environment-reader.ts';
import { readOutbound } from '../../src/config/forward-proxy.ts';
import { merchantEnv, problemsOf, productionEnv, TOKENS } from '../fixtures/process/environment.ts';

const PROXY = 'http://user:hunter2@proxy.example:3128';
const WECHAT = 'https://api.mch.weixin.qq.com';

function proxyOf(noProxy: string, url = WECHAT): string | undefined {
  const env = { HTTPS_PROXY: PROXY, NO_PROXY: noProxy };
  return readOutbound(readEnvironment(env)).proxyFor(url);
}

test.each([
  ['', WECHAT],
  ['localhost,127.0.0.1', WECHAT],
  ['mch.weixin.qq.com.cn, evilapi.mch.weixin.qq.com', WECHAT],
  ['pi.mch.weixin.qq.com', WECHAT],
  ['api.mch.weixin.qq.com:8443', WECHAT],
  ['10.0.0.0/8', 'https://11.0.0.1'],
])('NO_PROXY=%s does not except %s', (noProxy, url) => {
  expect(proxyOf(noProxy, url)).toBe(PROXY);
});

test.each([
  ['*', WECHAT],
  ['localhost, api.mch.weixin.qq.com', WECHAT],
  ['localhost weixin.qq.com', WECHAT],
  ['.weixin.qq.com', WECHAT],
  ['*.weixin.qq.com', WECHAT],
  ['WEIXIN.QQ.COM', WECHAT],
  ['api.mch.weixin.qq.com:443', WECHAT],
  ['10.0.0.0/8', 'https://10.1.2.3:8443'],
  ['10.1.2.3', 'https://10.1.2.3:8443'],
  ['[::1]', 'https://[::1]:8443'],
])('NO_PROXY=%s excepts %s', (noProxy, url) => {
  expect(proxyOf(noProxy, url)).toBeUndefined();
});

test('the forward proxy is for https only, and its variables may be in small letters', () => {
  expect(proxyOf('', 'http://127.0.0.1:4010')).toBeUndefined();
  const env = { https_proxy: PROXY, no_proxy: 'id.example.com' };
  const { proxyFor } = readOutbound(readEnvironment(env));
  expect(proxyFor(WECHAT)).toBe(PROXY);
  expect(proxyFor('https://id.example.com/jwks')).toBeUndefined();
});

test.each(['proxy.example:3128', 'socks5://proxy.example', 'http://proxy.example/path'])(
  'HTTPS_PROXY=%s is a problem',
  (value) => {
    expect(problemsOf({ HTTPS_PROXY: value })).toEqual([
      'HTTPS_PROXY must be http://<host>:<port> or https://<host>:<port>.',
    ]);
  },
);

test('a network of NO_PROXY that is none is a problem', () => {
  expect(problemsOf({ NO_PROXY: '10.0.0.0/x' })).toEqual([
    expect.stringMatching(/^NO_PROXY contains an invalid network/),
  ]);
});

test('http is allowed inside a private network if that is said', () => {
  const urls = { WECHAT_BASE_URL: 'http://gateway.intra/wechat', JWKS_URL: 'http://id.intra/jwks' };
  const env = { ...TOKENS, ...urls };
  const advice = expect.stringMatching(/ALLOW_INSECURE_UPSTREAM=true/);
  expect(problemsOf(merchantEnv(env))).toEqual([advice, advice]);
  expect(problemsOf(merchantEnv({ ...env, ALLOW_INSECURE_UPSTREAM: 'true' }))).toEqual([]);
  expect(problemsOf(productionEnv({ ...urls, ALLOW_INSECURE_UPSTREAM: 'yes' }))).toContainEqual(
    'ALLOW_INSECURE_UPSTREAM must be one of: true, false.',
  );
});
