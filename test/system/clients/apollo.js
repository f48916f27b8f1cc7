import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import {
  authorization,
  BY,
  CREATE,
  EVENTS,
  INPUT,
  QUERY,
  recordingFetch,
  report,
  url,
} from './support.js';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

function clientWith(before, options = {}) {
  const { fetch, methods } = recordingFetch();
  const http = new HttpLink({ uri: url, headers: { authorization }, fetch, ...options });
  const link = ApolloLink.from([...before, http]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return {
    query: async () => {
      const { data } = await client.query({ query: gql(QUERY), variables: BY });
      return { methods, data };
    },
    mutate: async () => {
      const { data } = await client.mutate({
        mutation: gql(CREATE),
        variables: { input: INPUT },
      });
      return { methods, data };
    },
  };
}

async function subscribe() {
  const socket = createClient({
    url: url.replace('http', 'ws'),
    connectionParams: { Authorization: authorization },
  });
  const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  const { promise, resolve, reject } = Promise.withResolvers();
  const events = client.subscribe({ query: gql(EVENTS), variables: BY });
  const subscription = events.subscribe({ next: resolve, error: reject });
  const { data, error } = await promise;
  subscription.unsubscribe();
  await socket.dispose();
  return { data, error: error?.message };
}

const persisted = (options) => [new PersistedQueryLink({ sha256, ...options })];
await report({
  mutation: clientWith([]).mutate,
  query: clientWith([]).query,
  get: clientWith([], { useGETForQueries: true }).query,
  persisted: clientWith(persisted({})).query,
  persistedGet: clientWith(persisted({ useGETForHashedQueries: true })).query,
  subscription: subscribe,
});
