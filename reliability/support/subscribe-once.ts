import { setTimeout as sleep } from 'node:timers/promises';

const QUERY =
  'subscription ($number: String, $after: String) { orderEvents(outOrderNo: $number, after: $after) { cursor stateRaw } }';
const LISTEN_MS = 1_500;

/** Everything that a subscription from the first cursor receives within a moment, unparsed. */
export async function subscribeOnce(
  url: string,
  caller: Readonly<Record<string, string>>,
  outOrderNo: string,
): Promise<string> {
  const leave = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...caller },
    body: JSON.stringify({ query: QUERY, variables: { number: outOrderNo, after: '0' } }),
    signal: leave.signal,
  });
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
    }
  })().catch(() => {});
  await Promise.race([reading, sleep(LISTEN_MS)]);
  leave.abort();
  await reading;
  return text;
}
