import type { Profiler } from 'node:inspector';
import { categoryOf, IDLE, PROFILER } from './categories.ts';

/** Self time of a profile by category, as shares of the busy time; the largest first. */
export interface Breakdown {
  readonly byCategory: readonly Part[];
  readonly top: readonly Part[];
  /** Share of the whole time in which the main thread was busy. */
  readonly busy: number;
}

export interface Part {
  readonly name: string;
  readonly share: number;
}

interface Place {
  readonly category: string;
  readonly url: string;
  readonly name: string;
}

/** @param top how many single functions to show */
export function readProfile(profile: Profiler.Profile, top: number): Breakdown {
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const places = placesOf(nodes);
  const categories = new Map<string, number>();
  const functions = new Map<string, number>();
  let all = 0;
  samples.forEach((id, index) => {
    const time = timeDeltas[index] ?? 0;
    const place = places.get(id);
    if (place !== undefined && place.category !== PROFILER) {
      all += time;
      add(categories, place.category, time);
      if (place.category !== IDLE && place.category !== PROFILER) {
        add(functions, `${place.name} (${place.category})`, time);
      }
    }
  });
  const idle = categories.get(IDLE) ?? 0;
  categories.delete(IDLE);
  const busy = all - idle;
  return {
    byCategory: parts(categories, busy),
    top: parts(functions, busy).slice(0, top),
    busy: busy / all,
  };
}

function placesOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, Place> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const places = new Map<number, Place>();
  const placeOf = (id: number): Place => {
    const known = places.get(id);
    if (known !== undefined) {
      return known;
    }
    const { functionName = '', url = '' } = byId.get(id)?.callFrame ?? {};
    const above = parents.get(id);
    const parent = above === undefined ? ROOT : placeOf(above);
    const place = {
      category: categoryOf(functionName, url, parent.category, parent.url),
      url: url || parent.url,
      name: functionName || '(anonymous)',
    };
    places.set(id, place);
    return place;
  };
  for (const { id } of nodes) {
    placeOf(id);
  }
  return places;
}

const ROOT: Place = { category: 'native code outside of calls', url: '', name: '(root)' };

function add(sums: Map<string, number>, name: string, time: number): void {
  sums.set(name, (sums.get(name) ?? 0) + time);
}

function parts(sums: ReadonlyMap<string, number>, whole: number): readonly Part[] {
  return [...sums]
    .map(([name, time]) => ({ name, share: time / whole }))
    .toSorted((one, other) => other.share - one.share);
}
