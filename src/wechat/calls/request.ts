import { bodyOf, type Wire } from '../codec/codec.ts';
import { checkPath } from '../crypto/signature.ts';
import type { Call, Method } from './run-attempts.ts';

export type Query = Readonly<Record<string, string | null | undefined>>;
type Prepared = Omit<Call<never>, 'read' | 'signal'>;

const NO_BODY = new Uint8Array();

/**
 * Path, query and body as they are signed and sent, built once for all attempts. Parameters without
 * a value are omitted. Every method except GET counts as a write. A path with values needs a
 * template as its endpoint.
 * @throws RangeError for a path that cannot be signed
 */
export function prepare(method: Method, path: string, query: Query = {}, body?: Wire): Prepared {
  checkPath(path);
  const pairs = Object.entries(query)
    .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return {
    method,
    endpoint: `${method} ${path}`,
    target: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    body: body === undefined ? NO_BODY : bodyOf(body),
    writes: method !== 'GET',
    sent: () => [...scalarsIn(query), ...scalarsIn(body)],
  };
}

const ROUTE_WORD = /^(?:v\d+|[a-z]+(?:-[a-z]+)*)$/;

/** What may be values in a path without a template, as sent and decoded: all but words like `orders`. */
export function valuesOfPath(path: string): string[] {
  const [route = ''] = path.split('?', 1);
  const query = path.slice(route.length + 1);
  const parts = route.split('/').filter((part) => part !== '' && !ROUTE_WORD.test(part));
  const sent = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const decoded = parts.flatMap((part) => {
    try {
      return [decodeURIComponent(part)];
    } catch {
      return [];
    }
  });
  const values = [...parts, ...decoded, ...sent, ...new URLSearchParams(query).values()];
  return values.filter((value) => value !== '');
}

/** Every text, and every number of three digits or more: shorter numbers identify nothing. */
export function scalarsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).flatMap(scalarsIn);
  }
  return typeof value === 'string' || (typeof value === 'number' && value >= 100)
    ? [String(value)]
    : [];
}
