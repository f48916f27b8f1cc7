import { type ClientRequest, request } from 'node:http';
import { CALLER } from './caller.ts';
import { at, parse } from './json.ts';

/** An event as a subscriber sees it. */
export interface SeenEvent {
  readonly id: number;
  readonly outOrderNo: string;
  readonly state: string;
  /** When it was received, on the monotonic clock. */
  readonly atMs: number;
}

export interface SseListener {
  readonly onOpen: () => void;
  readonly onEvent: (event: SeenEvent) => void;
  /** Called once at the end of the stream; true: the server completed it. */
  readonly onEnd: (complete: boolean) => void;
}

export const SUBSCRIPTION =
  'subscription ($after: String) { orderEvents(after: $after) { cursor outOrderNo stateRaw } }';

/**
 * Subscribes over server-sent events.
 * @returns how to disconnect; true if there was a connection
 */
export function subscribe(
  url: string,
  after: string | null,
  { onOpen, onEvent, onEnd }: SseListener,
  caller: Readonly<Record<string, string>> = CALLER,
): () => boolean {
  let over = false;
  let complete = false;
  const end = () => {
    if (!over) {
      over = true;
      onEnd(complete);
    }
  };
  const take = (block: string) => {
    complete ||= /^event: ?complete$/m.test(block);
    const data = parse(/^data: ?(.*)$/m.exec(block)?.[1] ?? '');
    const event = at(data, 'data', 'orderEvents');
    if (event !== undefined) {
      const [outOrderNo, state] = [String(at(event, 'outOrderNo')), String(at(event, 'stateRaw'))];
      onEvent({ id: Number(at(event, 'cursor')), outOrderNo, state, atMs: performance.now() });
    }
  };
  const sent: ClientRequest = request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...caller },
  });
  sent.on('response', (response) => {
    let text = '';
    onOpen();
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of over ? [] : blocks) {
        take(block);
      }
    });
    response.on('close', end).on('error', end);
  });
  sent.on('error', end);
  sent.end(JSON.stringify({ query: SUBSCRIPTION, variables: { after } }));
  return () => {
    const wasOpen = !over;
    end();
    sent.destroy();
    return wasOpen;
  };
}
