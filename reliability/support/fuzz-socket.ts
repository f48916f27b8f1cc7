import fc from 'fast-check';
import { WebSocket } from 'ws';
import { graphqlBody, otherBody } from '../../test/fixtures/graphql/arbitraries.ts';
import { CALLER } from './caller.ts';
import { type Findings, judgeText, noFindings } from './fuzz-findings.ts';
import { at, parse } from './json.ts';

/** Messages per connection; the ids identify the responses. */
const PER_SOCKET = 10;
const QUIET_MS = 1_500;
const AT_ONCE = 16;
/** Close codes of server errors. */
const OWN_FAULTS = [1006, 1011, 4500];

const subscribe = graphqlBody.map(
  (payload) => (id: string) => `{"id":"${id}","type":"subscribe","payload":${payload}}`,
);
const odd = fc
  .oneof(
    otherBody,
    fc.constantFrom('{"type":"complete","id":"0"}', '{"type":"ping"}', '{"type":"pong"}', '{}', ''),
    graphqlBody.map((payload) => `{"type":"connection_init","payload":${payload}}`),
    graphqlBody.map((payload) => `{"type":"next","id":"77001zkq9","payload":${payload}}`),
  )
  .map((message) => () => message);
/** An invalid message usually ends the connection, so there are few of them. */
const messages = fc.oneof({ weight: 12, arbitrary: subscribe }, { weight: 1, arbitrary: odd });

/** Sends this many messages over many connections, and checks each received frame. */
export async function fuzzSocket(
  url: string,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<Findings> {
  const findings = noFindings();
  const connections = Math.ceil(count / PER_SOCKET);
  const waiting = Array.from({ length: connections }, (_, index) => index).values();
  const talk = async () => {
    for (const index of waiting) {
      const sample = fc.sample(messages, { numRuns: PER_SOCKET, seed: seed + index });
      await oneConnection(url, sample, findings);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, talk));
  return findings;
}

type Message = ReturnType<typeof fc.sample<(id: string) => string | Uint8Array>>[number];

function oneConnection(url: string, sample: readonly Message[], findings: Findings): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const open = new Set(sample.keys());
    const about = `answer to ${String(sample[0]?.('0')).slice(0, 200)} …`;
    const quiet = setTimeout(() => socket.terminate(), QUIET_MS);
    let terminated = false;
    const end = () => {
      terminated = true;
      socket.close(1000);
    };
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: CALLER })),
    );
    socket.on('message', (data) => {
      const text = String(data);
      const frame = parse(text);
      if (at(frame, 'type') === 'connection_ack') {
        for (const [index, message] of sample.entries()) {
          socket.send(message(String(index)));
        }
      }
      judgeFrame(findings, frame, text, about);
      if (['complete', 'error'].includes(String(at(frame, 'type')))) {
        open.delete(Number(at(frame, 'id')));
      }
      if (open.size === 0) {
        end();
      }
    });
    socket.on('error', () => {});
    socket.on('close', (code, reason) => {
      clearTimeout(quiet);
      findings.cases += sample.length;
      if (OWN_FAULTS.includes(code) && !terminated && socket.readyState === WebSocket.CLOSED) {
        findings.serverErrors.push(...(code === 1006 ? [] : [`closed with ${code}: ${about}`]));
      }
      judgeText(findings, String(reason), about);
      resolve();
    });
  });
}

function judgeFrame(findings: Findings, frame: unknown, text: string, about: string): void {
  judgeText(findings, text, about);
  const payload = at(frame, 'payload');
  const errors = Array.isArray(payload) ? payload : at(payload, 'errors');
  for (const error of Array.isArray(errors) ? errors : []) {
    const code = String(at(error, 'extensions', 'code') ?? '');
    if (code === 'INTERNAL_SERVER_ERROR') {
      findings.serverErrors.push(`${code}: ${about}`);
    } else if (!/^[A-Z_]{4,}$/.test(code)) {
      findings.malformed.push(`an error without a code: ${text.slice(0, 200)}`);
    }
  }
}
