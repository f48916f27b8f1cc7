import { isJsonObject, type JsonObject } from '../../src/sandbox/http/json.ts';

export type { JsonObject };

/** What is at a path of a JSON value; undefined where the path leads nowhere. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, step) => {
    if (Array.isArray(found)) {
      const items: readonly unknown[] = found;
      return items[Number(step)];
    }
    return isJsonObject(found) ? found[step] : undefined;
  }, value);
}

/** The JSON value of a text; the text itself where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
