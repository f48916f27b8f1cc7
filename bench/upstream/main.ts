import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerParent, numberAt, textAt } from '../process/answer.ts';
import { createAnswer, orderAnswer } from '../work/order.ts';
import { createdServiceOrderAnswer, serviceOrderAnswer } from '../work/service-order.ts';
import { createInspector, SERVICE_ORDERS } from './inspect.ts';
import { createSigner } from './sign.ts';

/** A WeChat Pay for benchmarks: every response is signed, a sample of the requests is inspected. */
const INSPECTED_ONE_IN = 128;
/** Longer than any server waits for its next request, so that connections stay open. */
const IDLE_MS = 600_000;

const { env } = process;
const signed = createSigner(env['BENCH_WECHAT_KEY'] ?? '', env['BENCH_SERIAL'] ?? '');
const inspect = createInspector(env);
const counts = { calls: 0, inspected: 0, bad: 0 };
const faults = new Set<string>();
let delayMs = 0;

const server = createServer((request, response) => {
  counts.calls += 1;
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    if (counts.calls % INSPECTED_ONE_IN === 1) {
      look(request, body);
    }
    const answer = answerTo(request, body);
    const headers = { 'content-type': 'application/json', ...signed(answer) };
    const send = () => response.writeHead(200, headers).end(answer);
    if (delayMs === 0) {
      send();
    } else {
      sleep(delayMs).then(send, () => response.destroy());
    }
  });
});

function look(request: IncomingMessage, body: Buffer): void {
  counts.inspected += 1;
  let fault: string | undefined;
  try {
    fault = inspect(request, body);
  } catch (error) {
    fault = String(error);
  }
  if (fault !== undefined) {
    counts.bad += 1;
    faults.add(fault);
  }
}

function answerTo({ method, url = '' }: IncomingMessage, body: Buffer): string {
  const isServiceOrder = url.startsWith(SERVICE_ORDERS);
  if (method === 'POST') {
    const outOrderNo = textAt(JSON.parse(body.toString()), 'out_order_no');
    return isServiceOrder ? createdServiceOrderAnswer(outOrderNo) : createAnswer(outOrderNo);
  }
  const outOrderNo = /[?&]out_order_no=(\w+)/.exec(url)?.[1] ?? '';
  return isServiceOrder ? serviceOrderAnswer(outOrderNo) : orderAnswer(outOrderNo);
}

answerParent({
  delay: (question) => {
    delayMs = numberAt(question, 'ms');
  },
  counts: () => ({ ...counts, faults: [...faults] }),
});
server.keepAliveTimeout = IDLE_MS;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`upstream http://127.0.0.1:${port}\n`);
});
