import type { ConfigProblem, EnvironmentReader } from './environment-reader.ts';

/** Common variables of other programs that differ from one of this server's by a letter or two. */
const OF_OTHERS = ['HTTP_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/**
 * Variables that are set and have no effect: `WECHAT_…` names that do not exist, names that are
 * almost those of known variables, and `_FILE` forms of variables that cannot come from a file.
 * @param from has read every variable that this server knows
 */
export function unknownVariables({ given, known }: EnvironmentReader): readonly ConfigProblem[] {
  return given
    .filter((name) => !known.has(name) && !OF_OTHERS.includes(name))
    .flatMap((name) => problemOf(name, known));
}

function problemOf(name: string, known: ReadonlySet<string>): readonly ConfigProblem[] {
  if (known.has(name.replace(/_FILE$/, ''))) {
    const problem = `cannot be read from a file: set ${name.replace(/_FILE$/, '')} itself.`;
    return [{ variable: name, problem }];
  }
  const meant = nearest(name, known);
  if (meant !== undefined) {
    return [{ variable: name, problem: `is not a variable of this server: use ${meant}.` }];
  }
  const problem =
    'is not a variable of this server: remove it, or see docs/reference/configuration.md.';
  return /^WECHAT_/i.test(name) ? [{ variable: name, problem }] : [];
}

/** Names up to this length are too similar to those of other programs. */
const SHORT = 5;

/** The known name that was probably meant: at most two letters differ, or only case or signs. */
function nearest(name: string, known: ReadonlySet<string>): string | undefined {
  const plain = plainOf(name);
  const measured = [...known].map((candidate) => ({
    candidate,
    distance: distanceOf(plain, plainOf(candidate)),
  }));
  const [best] = measured.toSorted((one, other) => one.distance - other.distance);
  if (best === undefined || (best.distance > 0 && best.candidate.length <= SHORT)) {
    return undefined;
  }
  return best.distance <= (best.candidate.length > 2 * SHORT ? 2 : 1) ? best.candidate : undefined;
}

function plainOf(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
}

/** How many letters are missing, added, replaced or swapped with their neighbour. */
function distanceOf(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) {
    return Number.POSITIVE_INFINITY;
  }
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last.at(-1) ?? 0;
}
