import { request as httpRequest } from 'node:http';

export interface Message {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Posts a notification on a connection of its own, as WeChat's many machines do. Never rejects. */
export function post(
  url: string,
  { bytes, headers }: Message,
  answerWithinMs: number,
  closing: AbortSignal,
): Promise<number | 'timeout' | 'no-connection'> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(answerWithinMs)]);
  return new Promise((resolve) => {
    const request = httpRequest(
      url,
      {
        method: 'POST',
        agent: false,
        signal,
        headers: { ...headers, 'Content-Length': bytes.length },
      },
      (response) => {
        resolve(response.statusCode ?? 'no-connection');
        // The status decides; what becomes of the rest of the answer does not matter.
        response.on('error', () => undefined).resume();
      },
    );
    request.on('error', () => resolve(signal.aborted ? 'timeout' : 'no-connection'));
    request.end(bytes);
  });
}
