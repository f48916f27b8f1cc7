import { mkdirSync, writeFileSync } from 'node:fs';
import { generate } from '@graphql-codegen/cli';
import { authorization, folder, QUERY, url } from './support.js';

mkdirSync(`${folder}/operations`);
writeFileSync(`${folder}/operations/order.graphql`, QUERY);
await generate(
  {
    schema: { [url]: { headers: { authorization } } },
    documents: `${folder}/operations/*.graphql`,
    generates: {
      [`${folder}/gql/`]: {
        preset: 'client',
        presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
      },
      [`${folder}/sha1/`]: {
        preset: 'client',
        presetConfig: { persistedDocuments: { hashAlgorithm: 'sha1' } },
      },
    },
    silent: true,
  },
  true,
);
