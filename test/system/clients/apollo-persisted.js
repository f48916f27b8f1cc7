import { readFileSync } from 'node:fs';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { authorization, BY, folder, QUERY, recordingFetch, report, url } from './support.js';

const text = readFileSync(`${folder}/apollo/persisted-query-manifest.json`, 'utf8');
const loadManifest = async () => JSON.parse(text);

async function query() {
  const { fetch, methods } = recordingFetch();
  const persisted = new PersistedQueryLink(generatePersistedQueryIdsFromManifest({ loadManifest }));
  const http = new HttpLink({ uri: url, headers: { authorization }, fetch });
  const link = ApolloLink.from([persisted, http]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query({ query: gql(QUERY), variables: BY });
  return { methods, data };
}

await report({ query });
