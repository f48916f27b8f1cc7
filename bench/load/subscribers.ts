import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { outOrderNo } from './lanes.ts';

/** How many were opened, and why the first failure was refused. */
export interface Subscribers {
  readonly opened: number;
  readonly refusal: string;
}

const DOCUMENT = 'subscription ($no: String) { orderEvents(outOrderNo: $no) { cursor status } }';
/** Opened concurrently. */
const AT_ONCE = 50;
/** A subscriber that is rejected with a 503 retries, as Retry-After says. */
const TRIES = 15;
const RETRY_AFTER_MS = 1_000;
const OPEN_MS = 20_000;
const SHOWN = 160;

/** Opens subscriptions over server-sent events, each to another order, and keeps them open. */
export async function openSubscriptions(
  port: number,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<Subscribers> {
  let opened = 0;
  let refusal = '';
  for (let from = 0; from < count && refusal === ''; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) =>
      openPatiently(port, headers, outOrderNo('S', from + index)),
    );
    for (const refused of await Promise.all(batch)) {
      opened += refused === undefined ? 1 : 0;
      refusal ||= refused ?? '';
    }
  }
  return { opened, refusal };
}

async function openPatiently(
  port: number,
  headers: Readonly<Record<string, string>>,
  no: string,
): Promise<string | undefined> {
  for (let left = TRIES; ; left -= 1) {
    const refused = await openOne(port, headers, no);
    if (left === 1 || !refused?.startsWith('HTTP/1.1 503')) {
      return refused;
    }
    await sleep(RETRY_AFTER_MS);
  }
}

/** Undefined once it is open; otherwise the reason of the failure. */
function openOne(
  port: number,
  headers: Readonly<Record<string, string>>,
  no: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const body = JSON.stringify({ query: DOCUMENT, variables: { no } });
    const socket = connect({ port, host: '127.0.0.1' });
    const late = setTimeout(() => resolve('no answer in time'), OPEN_MS);
    socket.once('data', (part: Buffer) => {
      clearTimeout(late);
      const text = part.toString('latin1');
      const isOpen = /^HTTP\/1.1 200 .*text\/event-stream/s.test(text);
      resolve(isOpen ? undefined : text.slice(0, SHOWN));
      if (isOpen) {
        socket.resume();
      } else {
        socket.destroy();
      }
    });
    socket.on('error', (error) => resolve(error.message));
    socket.write(
      [
        'POST /graphql HTTP/1.1',
        'host: 127.0.0.1',
        'accept: text/event-stream',
        'content-type: application/json',
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        `content-length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    );
  });
}
