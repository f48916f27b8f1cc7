import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { authorization, BY, CREATE, INPUT, QUERY, recordingFetch, report, url } from './support.js';

function clientWith(exchanges, options = {}) {
  const { fetch, methods } = recordingFetch();
  const fetchOptions = { headers: { authorization } };
  const client = new Client({ url, exchanges, fetchOptions, fetch, ...options });
  const outcome = ({ data, error }) => ({ methods, data, error: error?.message });
  return {
    query: async () => outcome(await client.query(QUERY, BY).toPromise()),
    mutate: async () => outcome(await client.mutation(CREATE, { input: INPUT }).toPromise()),
  };
}

const usual = [cacheExchange, fetchExchange];
const persisted = [cacheExchange, persistedExchange(), fetchExchange];
await report({
  mutation: clientWith(usual).mutate,
  query: clientWith(usual).query,
  post: clientWith(usual, { preferGetMethod: false }).query,
  persisted: clientWith(persisted).query,
  persistedPost: clientWith(
    [cacheExchange, persistedExchange({ preferGetForPersistedQueries: false }), fetchExchange],
    { preferGetMethod: false },
  ).query,
});
