/** The values of a path's `{name}` parts, percent-decoded. */
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
