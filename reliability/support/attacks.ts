import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgedTokens } from './forgeries.ts';
import { inputOf } from './goods.ts';
import { SUBSCRIPTION } from './sse.ts';
import type { TokenIssuer } from './tokens.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly issuer: TokenIssuer;
  /** A valid token of one shopper. */
  readonly shopper: string;
  /** Connections that an attacker keeps open. */
  readonly kept: Set<Socket>;
}

/** One kind of abuse; each call is one request, with a number that makes it different. */
export interface Attack {
  readonly name: string;
  readonly perSecond: number;
  readonly strike: (target: Target, index: number) => Promise<unknown>;
}

const CREATE = `mutation ($input: CreatePayAfterOrderInput!) { createPayAfterOrder(input: $input) {
  __typename ... on InvalidInputError { issues { path code message } } } }`;
const ANSWER_MS = 5_000;
const BODY_BYTES = 60_000;
const ME = 'oReliabilityAbuser';

/** Strangers, and one shopper with a valid token, do what they can. */
export const ATTACKS: readonly Attack[] = [
  shopper('an invalid document', 20, (index) => ({ query: `{nope${index}}` })),
  shopper('a document of line feeds and errors', 5, (index) => ({
    query: `{${'\n'.repeat(30_000)}${Array.from({ length: 300 }, (_, n) => `x${index}_${n}`).join(' ')}}`,
  })),
  shopper('3,900 fees', 5, (index) => ({
    query: CREATE,
    variables: {
      input: {
        ...inputOf('create', `FEES-${index}`, 1),
        fees: Array.from({ length: 3_900 }, () => ({ feeName: '' })),
      },
    },
  })),
  shopper('a create', 50, (index) => ({
    query: CREATE,
    variables: { input: { ...own(`ABUSE-${index}`), openid: ME } },
  })),
  shopper('30 orders with 20 events each', 10, () => ({
    query: `{ orderRecords(first: 30) { edges { node { outOrderNo events(first: 20) { edges { node { id } } } } } } }`,
  })),
  {
    name: 'a subscription from the first event, kept open',
    perSecond: 5,
    strike: (target) =>
      keep(target, graphql(target, { query: SUBSCRIPTION, variables: { after: '0' } }, STREAM)),
  },
  {
    name: 'an answer that is not read',
    perSecond: 5,
    strike: (target) => {
      const query = '{ orderRecords(first: 100) { edges { node { outOrderNo stateRaw } } } }';
      return keep(target, graphql(target, { query }).repeat(20), true);
    },
  },
  {
    name: 'an unsigned notification',
    perSecond: 50,
    strike: (target) => exchange(target, notification([], ' '.repeat(BODY_BYTES))),
  },
  {
    name: 'a notification under an unknown serial, its body withheld',
    perSecond: 50,
    strike: (target) => keep(target, notification(signed('PUB_KEY_ID_1'), '', BODY_BYTES)),
  },
  {
    name: 'a notification at another path',
    perSecond: 50,
    strike: (target, index) =>
      exchange(target, notification(signed('PUB_KEY_ID_1'), '{}', 2, `/hook/${index}`)),
  },
  {
    name: 'a refused token',
    perSecond: 50,
    strike: (target, index) => {
      const forged = forgedTokens();
      const { claims, forgery } = forged[index % forged.length] ?? {};
      const token = target.issuer.token({ sub: 'x', ...claims }, forgery);
      return exchange(target, graphql({ ...target, shopper: token }, { query: '{ __typename }' }));
    },
  },
  {
    name: 'an aborted body',
    perSecond: 20,
    strike: async (target) => {
      const whole = graphql(target, { query: `{ __typename } # ${'x'.repeat(BODY_BYTES)}` });
      const socket = await opened(target);
      socket.write(whole.slice(0, whole.length / 2));
      await sleep(20);
      socket.destroy();
    },
  },
  {
    name: 'a Host that moves the path',
    perSecond: 50,
    strike: (target, index) =>
      exchange(target, graphql(target, { query: '{ __typename }' }, [], hostOf(index))),
  },
];

function shopper(name: string, perSecond: number, bodyOf: (index: number) => object): Attack {
  return {
    name,
    perSecond,
    strike: (target, index) => exchange(target, graphql(target, bodyOf(index))),
  };
}

/** A create that the sandbox accepts, of an order that its user has to confirm. */
function own(outOrderNo: string): object {
  return { ...inputOf('create', outOrderNo, 1), needUserConfirm: true };
}

const STREAM = ['Accept: text/event-stream'];

function hostOf(index: number): string {
  return ['x/graphql?', 'x/wechat/notify?', 'a b', 'x@y', '[::1'][index % 5] ?? '';
}

function graphql(
  { shopper: token }: Pick<Target, 'shopper'>,
  body: object,
  more: readonly string[] = [],
  host = 'shop.example',
): string {
  const text = JSON.stringify(body);
  return request('/graphql', host, text, Buffer.byteLength(text), [
    `Authorization: Bearer ${token}`,
    ...more,
  ]);
}

function signed(serial: string): readonly string[] {
  const now = Math.floor(Date.now() / 1000);
  return [
    `Wechatpay-Timestamp: ${now}`,
    'Wechatpay-Nonce: abuse',
    'Wechatpay-Signature: AAAA',
    `Wechatpay-Serial: ${serial}`,
  ];
}

function notification(
  headers: readonly string[],
  body: string,
  length = Buffer.byteLength(body),
  path = '/wechat/notify',
): string {
  return request(path, 'shop.example', body, length, headers);
}

function request(
  path: string,
  host: string,
  body: string,
  length: number,
  headers: readonly string[],
): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    ...headers,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

async function opened({ host, port }: Target): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** Sends a request on a connection of its own, and waits for the beginning of its answer. */
async function exchange(target: Target, bytes: string): Promise<void> {
  const socket = await opened(target);
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.write(bytes);
  socket.once('data', () => socket.destroy());
  await once(socket, 'close');
}

/** Sends a request, and keeps its connection open for as long as the server does. */
async function keep(target: Target, bytes: string, unread = false): Promise<void> {
  const socket = await opened(target);
  target.kept.add(socket);
  socket.once('close', () => target.kept.delete(socket));
  if (unread) {
    socket.pause();
  } else {
    socket.resume();
  }
  socket.write(bytes);
}

/** Strikes at the stated rate until it is over, without waiting for answers. */
export async function strikeOn(
  attack: Attack,
  target: Target,
  goesOn: () => boolean,
): Promise<number> {
  const pending = new Set<Promise<unknown>>();
  let count = 0;
  for (; goesOn(); count += 1) {
    const one: Promise<unknown> = attack
      .strike(target, count)
      .catch(() => undefined)
      .finally(() => pending.delete(one));
    pending.add(one);
    await sleep(1_000 / attack.perSecond);
  }
  await Promise.all(pending);
  return count;
}
