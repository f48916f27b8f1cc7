import { GraphQLClient } from 'graphql-request';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
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

function requesting(options, query, variables) {
  return async () => {
    const { fetch, methods } = recordingFetch();
    const client = new GraphQLClient(url, { headers: { authorization }, fetch, ...options });
    return { methods, data: await client.request(query, variables) };
  };
}

const first = async (client) => {
  for await (const { data, errors } of client.iterate({ query: EVENTS, variables: BY })) {
    client.dispose();
    return { data, error: errors?.[0]?.message };
  }
  return {};
};
const socket = (connectionParams) => () =>
  first(createSocketClient({ url: url.replace('http', 'ws'), connectionParams }));

await report({
  mutation: requesting({}, CREATE, { input: INPUT }),
  query: requesting({}, QUERY, BY),
  get: requesting({ method: 'GET' }, QUERY, BY),
  sse: () => first(createSseClient({ url, headers: { authorization } })),
  socket: socket({ authorization }),
  socketUpper: socket({ Authorization: authorization }),
  socketHeaders: socket({ headers: { Authorization: authorization } }),
});
