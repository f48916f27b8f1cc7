import { afterAll, beforeAll, vi } from 'vitest';
import { createRateLimit } from '../../../src/auth/rate-limit.ts';
import { type AppWithSandbox, createAppWithSandbox } from '../../fixtures/app/app-with-sandbox.ts';
import { knowing, shopper } from '../../fixtures/app/callers.ts';
import { OPENID, personal } from '../../fixtures/app/operation-lines.ts';
import { createInput } from '../../fixtures/app/order-operations.ts';
import { createTestApp, graphqlRequest, run, stubWechat } from '../../fixtures/app/test-app.ts';
import { CREATE, QUERY } from '../../fixtures/graphql/documents.ts';
import { newOutOrderNo, PERSONAL } from '../../fixtures/graphql/inputs.ts';
import { listen } from '../../fixtures/http/listen.ts';
import { type Cause, walk } from './walk.ts';

const FEW = { perSecond: 1, burst: 4 };

let fixture: AppWithSandbox;
beforeAll(async () => {
  fixture = await createAppWithSandbox({ resources: { launchKey: () => undefined } });
  fixture.log.log.level = 'debug';
});
afterAll(async () => {
  vi.restoreAllMocks();
  await fixture.close();
});

const LAUNCH = `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) {
  ... on CreatePayAfterOrderPayload { launch { queryString } } } }`;

const written =
  (query: string, changes = {}): Cause =>
  async (again) => {
    await again(() => fixture.run(query, { input: personal(newOutOrderNo(), changes) }));
    return fixture.log;
  };
const failing: Cause = async () => {
  const wechat = stubWechat({ queryPayAfterOrder: () => Promise.reject(new Error('broken')) });
  const app = createTestApp({ wechat });
  await run(app, QUERY, { by: { outOrderNo: newOutOrderNo() } });
  return app.log;
};

walk('Operations', {
  'write succeeded': written(CREATE),
  'operation rejected': written(CREATE, { riskAmount: 0 }),
  'operation failed': failing,
  'unexpected error': failing,
  'launch data not signed: set WECHAT_APIV2_KEY': async (again) => {
    await again(() => fixture.run(LAUNCH, { input: createInput(PERSONAL) }));
    return fixture.log;
  },
  'operation slow': async () => {
    const now = performance.now.bind(performance);
    const wechat = stubWechat({
      queryPayAfterOrder: () => {
        vi.spyOn(performance, 'now').mockImplementation(() => now() + 2_000);
        return Promise.resolve(null);
      },
    });
    const app = createTestApp({ wechat });
    const { url, close } = await listen(app);
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY, variables: { by: { outOrderNo: newOutOrderNo() } } }),
    });
    await close();
    vi.restoreAllMocks();
    return app.log;
  },
  'request rejected': async (again) => {
    const app = createTestApp({
      rateLimit: createRateLimit(FEW, FEW),
      authenticator: { ...knowing({}), authenticate: () => shopper(OPENID) },
    });
    await again(() => run(app, '{ userServiceState(openid: "oSomebodyElse") { appid } }'));
    await again(() => run(app, '{'));
    await again(() => run(app, '{ nothing }'));
    return app.log;
  },
  'client disconnected before the response': async (again) => {
    const asked = Promise.withResolvers<void>();
    const wechat = stubWechat({
      queryPayAfterOrder: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const app = createTestApp({ wechat });
    await again(async () => {
      const client = new AbortController();
      const body = { query: QUERY, variables: { by: { outOrderNo: newOutOrderNo() } } };
      const answer = app.fetch(graphqlRequest(body, {}, client.signal));
      await asked.promise;
      client.abort();
      await Promise.resolve(answer).catch(() => {});
      // The response is rejected a little sooner than the operation.
      await new Promise(setImmediate);
    });
    return app.log;
  },
});
