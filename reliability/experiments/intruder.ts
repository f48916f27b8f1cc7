import { startSandbox } from '../../src/sandbox/index.ts';
import { all, atMost, type Experiment, holds, none, type Row } from '../experiment.ts';
import { trueOrders } from '../support/expected-state.ts';
import { forgedTokens } from '../support/forgeries.ts';
import { CREATE, inputOf } from '../support/goods.ts';
import { at, parse } from '../support/json.ts';
import { createPoster, type Poster } from '../support/post.ts';
import { startServer } from '../support/server.ts';
import { subscribeOnce } from '../support/subscribe-once.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/tokens.ts';

const SHOPPER = 'orders:create orders:read orders:cancel events:read';
const [OWN, OTHER] = ['oReliabilityShopperA', 'oReliabilityShopperB'];
const NUMBER = 'OTHERS-1';
const MISSING = 'OTHERS-2';
/** As many as fit into a document of less than 1,000 tokens. */
const ALIASES = 20;
const UNKNOWN_KIDS = 30;
const AT_ONCE = { connections: 4 };

/** An attacker tries to get in, to see the orders of others, and to cause too much work. */
export const intruder: Experiment = {
  goal: 'G13',
  name: 'intruder',
  minutes: 0.5,
  run: async (_scale, environment) => {
    await using directory = await environment.workdir();
    await using stack = new AsyncDisposableStack();
    const issuer = stack.use(await startTokenIssuer());
    const sandbox = await startSandbox();
    stack.defer(() => sandbox.close());
    const server = stack.use(
      await startServer(directory, {
        ...sandbox.credentials,
        ...issuer.variables,
        DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
        DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
      }),
    );
    const as = (openid: string, scope = SHOPPER) => {
      const authorization = `Bearer ${issuer.token({ sub: openid, openid, scope })}`;
      return stack.use(createPoster(server.url, AT_ONCE.connections, { authorization }));
    };
    const [owner, other] = [as(OWN), as(OTHER)];
    const created = await owner.send(createBody(NUMBER));
    const owned = /CreatePayAfterOrderPayload/.test(created?.text ?? '');
    return [
      holds('the owner makes an order', 'a token', owned ? 'made' : String(created?.text), 'made'),
      ...(await forge(issuer, server.url, stack)),
      ...(await peek(owner, other)),
      await listen(issuer, server.url),
      ...(await abuse(as(OTHER, `${SHOPPER} orders:any`), sandbox.url)),
    ];
  },
};

function createBody(outOrderNo: string): string {
  const input = { ...inputOf('create', outOrderNo, 1), needUserConfirm: true, openid: undefined };
  return JSON.stringify({ query: CREATE, variables: { input } });
}

/** Tokens that are nearly valid are refused, and cause at most one fetch of the keys. */
async function forge(
  issuer: TokenIssuer,
  url: string,
  stack: AsyncDisposableStack,
): Promise<readonly Row[]> {
  const scope = `${SHOPPER} orders:any`;
  const ask = async (token: string) => {
    const caller = { authorization: `Bearer ${token}` };
    const poster = stack.use(createPoster(url, 1, caller));
    return await poster.send('{"query":"{ __typename }"}');
  };
  const rows: Row[] = [];
  for (const { what, claims, forgery } of forgedTokens()) {
    const answer = await ask(issuer.token({ openid: OWN, scope, ...claims }, forgery));
    const got = `${answer?.status} ${answer?.text.includes('"data"') ? 'data' : 'no data'}`;
    rows.push(holds(`a token: ${what}`, '1 call', got, '401 no data'));
  }
  const before = issuer.fetches();
  const kids = Array.from({ length: UNKNOWN_KIDS }, (_, index) =>
    ask(issuer.token({ openid: OWN, scope }, { key: 'another', kid: `unknown-${index}` })),
  );
  const refused = (await Promise.all(kids)).filter((answer) => answer?.status === 401).length;
  return [
    ...rows,
    all('unknown kids refused with 401', `${UNKNOWN_KIDS} tokens`, refused, UNKNOWN_KIDS),
    atMost(
      'fetches of the keys because of them',
      `${UNKNOWN_KIDS} tokens`,
      issuer.fetches() - before,
      1,
    ),
  ];
}

const WAYS: readonly ((number: string) => string)[] = [
  (number) =>
    `{ payAfterOrder(by: { outOrderNo: "${number}" }) { state riskAmount openid: appid } }`,
  (number) => `{ payAfterOrder(by: { queryId: "${number}" }) { state } }`,
  () => '{ orderRecords(first: 50) { edges { node { outOrderNo stateRaw } } } }',
  () =>
    '{ orderRecords(first: 40) { edges { node { events { edges { node { id outOrderNo } } } } } } }',
  (number) =>
    `mutation { cancelPayAfterOrder(input: { outOrderNo: "${number}", reason: "x" }) { __typename ... on UserError { code } } }`,
  (number) =>
    `mutation { completePayAfterOrder(input: { outOrderNo: "${number}", finishType: UNUSED, totalAmount: 0 }) { __typename } }`,
];

/** In every way, the order of another user looks exactly like a missing order. */
async function peek(owner: Poster, other: Poster): Promise<readonly Row[]> {
  let [seen, different] = [0, 0];
  for (const way of WAYS) {
    const ask = async (number: string) => {
      const answer = await other.send(JSON.stringify({ query: way(number) }));
      return answer?.text.replaceAll(number, '#') ?? '';
    };
    const [foreign, missing] = [await ask(NUMBER), await ask(MISSING)];
    seen += /CREATED|Payload|RELI|"node"/.test(foreign) ? 1 : 0;
    different += foreign === missing ? 0 : 1;
  }
  const replay = await other.send(createBody(NUMBER));
  const own = await owner.send(JSON.stringify({ query: WAYS[0]?.(NUMBER) }));
  const size = `${WAYS.length} ways`;
  return [
    none('ways that show another shopper’s order', size, seen),
    none('ways that distinguish it from a missing order', size, different),
    holds(
      'its create, sent again by another',
      'the same input',
      String(/"__typename":"(\w+)"/.exec(replay?.text ?? '')?.[1]),
      'OrderConflictError',
    ),
    holds(
      'its owner',
      '1 query',
      String(at(parse(own?.text ?? ''), 'data', 'payAfterOrder', 'state')),
      'CREATED',
    ),
  ];
}

/** A subscription from the first event, for the number of another user. */
async function listen(issuer: TokenIssuer, url: string): Promise<Row> {
  const authorization = `Bearer ${issuer.token({ openid: OTHER, scope: SHOPPER })}`;
  const text = await subscribeOnce(url, { authorization }, NUMBER);
  const seen = text.includes('CREATED') ? 1 : 0;
  return none('events of it that another shopper receives', 'a subscription from cursor 0', seen);
}

/** One request that tries to create many orders: at most one is created. */
async function abuse(poster: Poster, sandbox: string): Promise<readonly Row[]> {
  const before = (await trueOrders(sandbox)).size;
  const { serviceStartTime, serviceStartLocation, serviceIntroduction } = {
    serviceStartTime: 'OnAccept',
    serviceStartLocation: '深圳',
    serviceIntroduction: '骑行',
  };
  const field = (index: number) =>
    `a${index}: createPayAfterOrder(input: { outOrderNo: "MANY-${index}", serviceStartTime: "${serviceStartTime}", serviceStartLocation: "${serviceStartLocation}", serviceIntroduction: "${serviceIntroduction}", riskAmount: 100 }) { __typename }`;
  const many = `mutation { ${Array.from({ length: ALIASES }, (_, index) => field(index)).join(' ')} }`;
  await poster.send(JSON.stringify({ query: many }));
  const batch = Array.from({ length: 50 }, (_, index) => ({
    query: `mutation { ${field(100 + index)} }`,
  }));
  await poster.send(JSON.stringify(batch));
  const made = (await trueOrders(sandbox)).size - before;
  const large = await poster.send(
    JSON.stringify({ query: `{ __typename } #${'x'.repeat(70_000)}` }),
  );
  const deep = await poster.send(
    JSON.stringify({ query: `${'{ a '.repeat(5_000)}${'}'.repeat(5_000)}` }),
  );
  return [
    none('orders made by 20 aliases and a batch of 50', '2 requests', made),
    holds('a document of 70 kB', '1 request', String(large?.status), '413'),
    holds(
      'a document 5,000 levels deep',
      '1 request',
      /"errors"/.test(deep?.text ?? '') && !/"data"/.test(deep?.text ?? '') ? 'refused' : 'taken',
      'refused',
    ),
  ];
}
