import fc from 'fast-check';
import type { Dispatcher, Pool } from 'undici';
import { graphqlBody, headers, otherBody } from '../../test/fixtures/graphql/arbitraries.ts';
import { CALLER } from './caller.ts';
import { type Findings, judgeAnswer, noFindings } from './fuzz-findings.ts';
import { makeNotification } from './notifications.ts';
import type { WechatKeys } from './wechat-keys.ts';

interface HttpCase {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const POST = 'POST' as const;
/** How long a stream of events is read; it has no events. */
const STREAM_MS = 5;
const AT_ONCE = 32;

const wellSent = graphqlBody.map(
  (body): HttpCase => ({ method: POST, path: '/graphql', headers: JSON_HEADERS, body }),
);
const oddlySent = fc
  .tuple(
    fc.oneof(otherBody, graphqlBody),
    headers,
    fc.constantFrom<Dispatcher.HttpMethod>(
      'POST',
      'POST',
      'POST',
      'PUT',
      'DELETE',
      'OPTIONS',
      'GET',
    ),
    fc.constantFrom('/graphql', '/graphql?query=77001zkq9', '/77001zkq9', '/graphql/x'),
  )
  .map(
    ([body, given, method, path]): HttpCase => ({
      method,
      path,
      headers: given,
      body: method === 'GET' ? '' : body,
    }),
  );

/** GraphQL requests: mostly plausible ones, the others broken in some way. */
export const graphqlCases = fc.oneof(
  { weight: 3, arbitrary: wellSent },
  { weight: 1, arbitrary: oddlySent },
);

/** Forged notifications, which may begin like valid ones. */
export async function notificationCases(keys: WechatKeys): Promise<fc.Arbitrary<HttpCase>> {
  const { body: whole, headers: signed } = await makeNotification(keys, 'FUZZ-1', 'USER_PAID');
  const names = Object.keys(signed);
  const spoilt = fc
    .tuple(fc.nat(whole.length), fc.nat(9), fc.string({ maxLength: 6 }))
    .map(([at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut))
    .filter((body) => body !== whole);
  const header = fc.oneof(
    fc.constantFrom('', '0', '-1', '1e9', 'WECHATPAY/SIGNTEST/77001zkq9', '77001zkq9'),
    fc.base64String({ maxLength: 400 }),
    fc.stringMatching(/^[ -~]{0,60}$/),
  );
  const otherHeaders = fc.dictionary(fc.constantFrom(...names), header, {
    noNullPrototype: true,
    minKeys: 1,
  });
  return fc
    .oneof(
      fc.tuple(spoilt, fc.constant({})),
      fc.tuple(fc.oneof(fc.constant(whole), spoilt, otherBody, graphqlBody), otherHeaders),
    )
    .map(
      ([body, changes]): HttpCase => ({
        method: POST,
        path: '/wechat/notify',
        headers: { ...signed, 'content-type': 'application/json', ...changes },
        body,
      }),
    )
    .filter(({ body, headers: given }) => body !== whole || !given['wechatpay-signature']);
}

/** Sends this many cases, the same ones for the same seed, and checks each response. */
export async function fuzzHttp(
  pool: Pool,
  cases: fc.Arbitrary<HttpCase>,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<Findings> {
  const findings = noFindings();
  const CHUNK = 1_000;
  for (let first = 0; first < count; first += CHUNK) {
    const numRuns = Math.min(CHUNK, count - first);
    const waiting = fc.sample(cases, { numRuns, seed: seed + first }).values();
    const send = async () => {
      for (const one of waiting) {
        await judgeAnswer(findings, describe(one), await answerTo(pool, one));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
  }
  return findings;
}

function describe({ method, path, body }: HttpCase): string {
  return `${method} ${path} ${typeof body === 'string' ? body : Buffer.from(body).toString()}`;
}

async function answerTo(pool: Pool, one: HttpCase): Promise<Response> {
  const { method, path, body } = one;
  const sent = { method, path, headers: { ...one.headers, ...CALLER }, body: body || null };
  const {
    statusCode,
    headers: given,
    body: answer,
  } = await pool.request(sent).catch(once(pool, sent));
  const type = String(given['content-type'] ?? '');
  if (type.startsWith('text/event-stream') || type.startsWith('multipart/mixed')) {
    setTimeout(() => answer.destroy(), STREAM_MS);
  }
  const text = await answer.text().catch(() => '');
  const flat = Object.entries(given).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const empty = statusCode === 204 || statusCode === 304;
  return new Response(empty ? null : text, { status: statusCode, headers: flat });
}

/** A connection that the server has closed after a refusal may still have been chosen. */
function once(pool: Pool, sent: Dispatcher.RequestOptions): () => ReturnType<Pool['request']> {
  return () => pool.request(sent);
}
