import { type AuditResult, serverAudits } from 'graphql-http';
import { atLeast, type Experiment, none } from '../experiment.ts';
import { CALLER } from '../support/caller.ts';
import { startServer } from '../support/server.ts';
import { makeWechatKeys } from '../support/wechat-keys.ts';

const LEAST_OK = 58;

/** The audits of the GraphQL over HTTP specification, as a caller who may see the schema. */
export const audits: Experiment = {
  goal: 'G1',
  name: 'audits',
  minutes: 0.2,
  run: async (_scale, environment) => {
    await using directory = await environment.workdir();
    await using server = await startServer(directory, {
      ...makeWechatKeys().variables,
      DATABASE_URL: `sqlite:${directory.path}/ledger.db`,
    });
    const fetchFn = (url: string, init: RequestInit = {}) =>
      fetch(url, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init.headers)), ...CALLER },
      });
    const results: AuditResult[] = [];
    for (const { fn } of serverAudits({ url: `${server.url}/graphql`, fetchFn })) {
      results.push(await fn());
    }
    const of = (status: string) => results.filter((result) => result.status === status);
    const named = (status: string) => {
      const names = of(status).map(({ name }) => name);
      return names.length === 0 ? '' : ` (${names.join(', ')})`;
    };
    const size = `${results.length} audits of graphql-http`;
    return [
      none(`errors${named('error')}`, size, of('error').length),
      none(`warnings${named('warn')}`, size, of('warn').length),
      atLeast(`passed; notices:${named('notice') || ' none'}`, size, of('ok').length, LEAST_OK),
    ];
  },
};
