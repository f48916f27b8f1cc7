import { type Compilable, type CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** A placeholder for each value while a statement is built. */
export type Params<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

/**
 * A statement whose text is built once for each kind of database, because building it costs three
 * times as much as running it.
 * @param build is called once, with a placeholder for each name of the values; they have the same
 *   names each time
 */
export function compiledQuery<Values extends object, Row>(
  build: (db: Kysely<Tables>, places: Params<Values>) => Compilable<Row>,
): (db: Kysely<Tables>, values: Values) => Promise<readonly Row[]> {
  const built = new WeakMap<object, CompiledQuery<Row>>();
  const buildOnce = (db: Kysely<Tables>, values: Values) => {
    // The same for every connection to this kind of database, and for its transactions.
    const kind = db.getExecutor().adapter.constructor;
    const known = built.get(kind);
    if (known !== undefined) {
      return known;
    }
    const query = build(db, paramsFor(values)).compile();
    built.set(kind, query);
    return query;
  };
  return async (db, values) => {
    const query = buildOnce(db, values);
    const parameters = query.parameters.map((parameter): unknown =>
      parameter instanceof Param ? Reflect.get(values, parameter.name) : parameter,
    );
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}

class Param {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function paramsFor<Values extends object>(values: Values): Params<Values> {
  const entries = Object.keys(values).map((name) => [name, sql`${new Param(name)}`]);
  const places: Params<Values> = Object.fromEntries(entries);
  return places;
}
