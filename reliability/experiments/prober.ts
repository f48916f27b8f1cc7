import { readFile } from 'node:fs/promises';
import { type Experiment, none } from '../experiment.ts';
import { blindQuestions, namesOf, schemaOf } from '../support/blind-questions.ts';
import { WITHOUT_SCHEMA } from '../support/caller.ts';
import { createPoster } from '../support/post.ts';
import { CHECKS } from '../support/scanner.ts';
import { startServer } from '../support/server.ts';
import { makeWechatKeys } from '../support/wechat-keys.ts';

const SCHEMA = new URL('../../schema.graphql', import.meta.url);
const EVERY = { full: 1, quick: 25 } as const;
const AT_ONCE = 8;

/**
 * A caller without the scope for the schema, and one without any scope, try to discover the schema.
 */
export const prober: Experiment = {
  goal: 'G2',
  name: 'prober',
  minutes: 0.5,
  run: async (scale, environment) => {
    await using directory = await environment.workdir();
    await using server = await startServer(directory, {
      ...makeWechatKeys().variables,
      DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
    });
    const names = namesOf(schemaOf(await readFile(SCHEMA, 'utf8')));
    const questions = blindQuestions(names).filter((_, index) => index % EVERY[scale] === 0);
    const rows = [];
    for (const [who, caller] of Object.entries({
      'by a caller without the scope': WITHOUT_SCHEMA,
      'without a credential': {},
    })) {
      await using poster = createPoster(server.url, AT_ONCE, caller);
      const recovered = new Set<string>();
      const waiting = questions.values();
      const ask = async () => {
        for (const query of waiting) {
          const answer = await poster.send(JSON.stringify({ query }));
          for (const name of answer === undefined ? [] : names) {
            if (!query.includes(name) && new RegExp(`\\b${name}\\b`).test(answer?.text ?? '')) {
              recovered.add(name);
            }
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, ask));
      const size = `${questions.length} questions, ${names.size} names`;
      rows.push(none(`schema names found ${who}${some([...recovered])}`, size, recovered.size));
    }
    const found = [];
    for (const { what, finds } of CHECKS) {
      if (await finds(`${server.url}/graphql`, WITHOUT_SCHEMA)) {
        found.push(what);
      }
    }
    return [
      ...rows,
      none(`findings of a scanner${some(found)}`, `${CHECKS.length} checks`, found.length),
    ];
  },
};

function some(items: readonly string[]): string {
  return items.length === 0 ? '' : ` (${items.slice(0, 8).join(', ')})`;
}
