import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createAppWithClient } from '../fixtures/app/app-with-client.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../fixtures/app/app-with-sandbox.ts';
import { lineOf, personal, seenOf } from '../fixtures/app/operation-lines.ts';
import { graphqlRequest } from '../fixtures/app/test-app.ts';
import { CREATE, QUERY } from '../fixtures/graphql/documents.ts';
import { newOutOrderNo, orderInput } from '../fixtures/graphql/inputs.ts';
import { serveTcp } from '../fixtures/http/tls-server.ts';
import { at, type JsonObject } from '../fixtures/json.ts';
import { merchantOptions, NO_RESILIENCE } from '../fixtures/wechat/test-client.ts';

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({
    timeoutMs: 2_400,
    resources: { inputRules: 'confirmed' },
  });
});
afterEach(() => fixture.reset());
afterAll(() => fixture.close());

const created = (outOrderNo: string, changes: JsonObject = {}) =>
  seenOf({ ...fixture.app, log: fixture.log }, CREATE, { input: personal(outOrderNo, changes) });
const queried = (outOrderNo: string) =>
  seenOf({ ...fixture.app, log: fixture.log }, QUERY, { by: { outOrderNo } });

test('a refusal of the merchant is an error, with the code, message and Request-ID of WeChat Pay', async () => {
  const status = { status: 401, code: 'SIGN_ERROR', message: '商户证书序列号有误' };
  await fixture.injectUntilCleared({ on: 'any', fault: 'status', ...status });
  const outOrderNo = newOutOrderNo();
  expect(lineOf(await created(outOrderNo), outOrderNo, 'WECHAT_REFUSED')).toMatchObject({
    level: 'error',
    operation: 'createPayAfterOrder',
    reason: 'REFUSED',
    wechatCode: 'SIGN_ERROR',
    wechatMessage: '商户证书序列号有误',
    status: 401,
    wechatRequestId: expect.stringMatching(/^[\dA-F-]+$/),
    attempts: 1,
  });
});

test('a refusal of the input is a warning, with the field and the issue of WeChat Pay', async () => {
  const outOrderNo = newOutOrderNo();
  const fee = { feeName: '骑行费', feeAmount: 300 };
  const seen = await created(outOrderNo, { fees: [fee, fee] });
  expect(lineOf(seen, outOrderNo, 'WECHAT_REFUSED')).toMatchObject({
    level: 'warn',
    wechatCode: 'PARAM_ERROR',
    wechatField: 'fees.1.feeName',
    wechatIssue: 'not unique within the order',
  });
});

test('invalid input is named by its fields, never by its values', async () => {
  const outOrderNo = newOutOrderNo();
  const seen = await created(outOrderNo, {
    discounts: Array.from({ length: 6 }, () => ({ discountName: '张三' })),
  });
  expect(lineOf(seen, outOrderNo, 'INVALID_INPUT')).toMatchObject({
    issues: ['discounts TOO_MANY'],
  });
});

test('an order number that is not allowed is not logged', async () => {
  await created('张三 13800138000');
  expect(fixture.log.entries()).toHaveLength(1);
  expect(fixture.log.text()).not.toMatch(/张三|13800138000|outOrderNo":/);
});

test('an unsigned response is named, for a write and for a query', async () => {
  await fixture.injectUntilCleared({ on: 'any', fault: 'unsigned' });
  const outOrderNo = newOutOrderNo();
  const line = lineOf(await created(outOrderNo), outOrderNo, 'OUTCOME_UNKNOWN');
  const cause = expect.stringMatching(/^unsigned: The response has no Wechatpay-/);
  expect(line).toMatchObject({ reason: 'UNTRUSTED_ANSWER', cause });
  fixture.log.clear();
  expect(lineOf(await queried(outOrderNo), outOrderNo, 'WECHAT_UNTRUSTED')).toMatchObject({
    reason: 'UNTRUSTED_ANSWER',
    cause,
  });
});

test('a refused connection is ECONNREFUSED, and a server without TLS is named as OpenSSL does', async () => {
  await using plain = await serveTcp((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
  const causes = [
    ['http://127.0.0.1:1', /^connect ECONNREFUSED 127\.0\.0\.1:1$/],
    [plain.url, /ERR_SSL_|wrong version number/],
  ] as const;
  for (const [baseUrl, words] of causes) {
    const options = { baseUrl, timeoutMs: 600, resilience: NO_RESILIENCE };
    const broken = await createAppWithClient({
      wechat: merchantOptions(fixture.sandbox.credentials, options),
    });
    const outOrderNo = newOutOrderNo();
    await broken.run(QUERY, { by: { outOrderNo } });
    await broken.run(CREATE, { input: orderInput({ outOrderNo }) });
    expect(broken.log.entries()).toMatchObject(
      ['payAfterOrder', 'createPayAfterOrder'].map((operation) => ({
        level: 'warn',
        operation,
        outOrderNo,
        outcome: 'WECHAT_UNAVAILABLE',
        reason: 'NOT_CONNECTED',
        attempts: 0,
        cause: expect.stringMatching(words),
      })),
    );
    await broken.close();
  }
});

test('a timeout is named, with its attempts', async () => {
  await fixture.injectUntilCleared({ on: 'query', fault: 'latency', ms: 5_000 });
  const outOrderNo = newOutOrderNo();
  const line = lineOf(await queried(outOrderNo), outOrderNo, 'WECHAT_UNAVAILABLE');
  expect(line).toMatchObject({ reason: 'TIMEOUT', cause: expect.stringMatching(/timed out/i) });
  expect(Number(at(line, 'attempts'))).toBeGreaterThan(0);
});

test('a write whose client has left is logged when it ends', async () => {
  await fixture.injectUntilCleared({ on: 'any', fault: 'latency', ms: 5_000 });
  const outOrderNo = newOutOrderNo();
  const client = new AbortController();
  const body = { query: CREATE, variables: { input: personal(outOrderNo) } };
  const answer = fixture.app.fetch(graphqlRequest(body, {}, client.signal));
  setTimeout(() => client.abort(), 50);
  await Promise.resolve(answer).catch(() => {});
  const lines = () =>
    fixture.log.entries().filter((entry) => at(entry, 'outOrderNo') === outOrderNo);
  await expect
    .poll(lines, { timeout: 5_000 })
    .toMatchObject([{ msg: 'operation failed', outcome: 'OUTCOME_UNKNOWN', reason: 'TIMEOUT' }]);
});
