import { at, parse } from './json.ts';

type Headers = Readonly<Record<string, string>>;

/** What common scanners of GraphQL look for; each check returns whether it found it. */
interface Check {
  readonly what: string;
  readonly finds: (endpoint: string, caller: Headers) => Promise<boolean>;
}

const JSON_TYPE = { 'content-type': 'application/json' };

const posted = async (endpoint: string, caller: Headers, body: unknown): Promise<unknown> => {
  const init = { method: 'POST', headers: { ...JSON_TYPE, ...caller }, body: JSON.stringify(body) };
  return parse(await (await fetch(endpoint, init)).text());
};
const typename = (answer: unknown) => at(answer, 'data', '__typename') !== undefined;
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

export const CHECKS: readonly Check[] = [
  {
    what: 'alias overloading',
    finds: async (endpoint, caller) => {
      const query = `{ ${many(101, (i) => `a${i}: __typename`)} }`;
      return at(await posted(endpoint, caller, { query }), 'data', 'a100') !== undefined;
    },
  },
  {
    what: 'array batching',
    finds: async (endpoint, caller) =>
      Array.isArray(await posted(endpoint, caller, Array(10).fill({ query: '{ __typename }' }))),
  },
  {
    what: 'directive overloading',
    finds: async (endpoint, caller) => {
      const query = `{ __typename ${many(50, () => '@include(if: true)')} }`;
      const unknown = `{ __typename ${many(50, () => '@aa')} }`;
      const errors = at(await posted(endpoint, caller, { query: unknown }), 'errors');
      const answer = await posted(endpoint, caller, { query });
      return typename(answer) || (Array.isArray(errors) && errors.length >= 50);
    },
  },
  {
    what: 'circular introspection',
    finds: async (endpoint, caller) => {
      const query = `{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }`;
      return Boolean(at(await posted(endpoint, caller, { query }), 'data', '__schema'));
    },
  },
  {
    what: 'introspection',
    finds: async (endpoint, caller) =>
      Boolean(
        at(
          await posted(endpoint, caller, { query: '{ __schema { types { name } } }' }),
          'data',
          '__schema',
        ),
      ),
  },
  {
    what: 'field suggestions',
    finds: async (endpoint, caller) =>
      JSON.stringify(await posted(endpoint, caller, { query: '{ payAfterOrde }' })).includes(
        'Did you mean',
      ),
  },
  {
    what: 'queries over GET',
    finds: async (endpoint, caller) => {
      const response = await fetch(`${endpoint}?query={__typename}`, { headers: caller });
      return typename(parse(await response.text()));
    },
  },
  {
    what: 'mutations over GET',
    finds: async (endpoint, caller) => {
      const query = encodeURIComponent('mutation { __typename }');
      const response = await fetch(`${endpoint}?query=${query}`, { headers: caller });
      return typename(parse(await response.text()));
    },
  },
  {
    what: 'form posts',
    finds: async (endpoint, caller) => {
      const body = new URLSearchParams({ query: '{ __typename }' });
      const response = await fetch(endpoint, { method: 'POST', headers: caller, body });
      return typename(parse(await response.text()));
    },
  },
  {
    what: 'traces',
    finds: async (endpoint, caller) =>
      at(await posted(endpoint, caller, { query: '{ __typename }' }), 'extensions') !== undefined,
  },
  {
    what: 'stacks of errors',
    finds: async (endpoint, caller) => {
      const query = 'query { nothing { ';
      return /stack|exception|node_modules/.test(
        JSON.stringify(await posted(endpoint, caller, { query })),
      );
    },
  },
  {
    what: 'GraphiQL or a playground',
    finds: async (endpoint, caller) => {
      const paths = ['', '/', '/graphiql', '/playground', '/console'];
      const pages = paths.map(async (path) => {
        const url = path === '' ? endpoint : new URL(path, endpoint);
        const response = await fetch(url, { headers: { ...caller, accept: 'text/html' } });
        return /graphiql|playground/i.test(await response.text());
      });
      return (await Promise.all(pages)).some(Boolean);
    },
  },
];
