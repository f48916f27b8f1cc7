import type { IncomingMessage } from 'node:http';

/** The body of a request; undefined if it is longer than the limit. Reads it to its end. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // The rest is read and dropped, so that the client reads the refusal.
    if (length <= maxBytes) {
      chunks.push(bytes);
    }
  }
  return length <= maxBytes ? Buffer.concat(chunks) : undefined;
}

/** The values of a path's `{name}` segments, percent-decoded. */
export type PathValues = ReadonlyMap<string, string>;

/** Matches a path against a template such as `/orders/{out_order_no}/cancel`; undefined if it doesn't. */
export function matchPath(template: string, path: string): PathValues | undefined {
  const wanted = template.split('/');
  const parts = path.split('/');
  if (wanted.length !== parts.length) {
    return undefined;
  }
  const values = new Map<string, string>();
  for (const [index, want] of wanted.entries()) {
    const part = decode(parts[index] ?? '');
    const name = /^\{(\w+)\}$/.exec(want)?.[1];
    if (part === undefined || (name === undefined ? part !== want : part === '')) {
      return undefined;
    }
    if (name !== undefined) {
      values.set(name, part);
    }
  }
  return values;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Whether a host name or address is this machine. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|\[?::1\]?|(?:::ffff:)?127(?:\.\d{1,3}){3})$/.test(host);
}
