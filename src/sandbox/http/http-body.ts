import type { IncomingMessage } from 'node:http';

/** The bytes of a request's body; undefined if it is longer than the limit. Reads it to its end. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // The rest is read and dropped, so that the client gets to read the refusal.
    if (length <= maxBytes) {
      chunks.push(bytes);
    }
  }
  return length <= maxBytes ? Buffer.concat(chunks) : undefined;
}
