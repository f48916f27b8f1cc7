import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import compiler from 'relay-compiler';
import { folder } from './support.js';

/** A component's query in a module of that name, as Relay wants it, and a fragment of another. */
const MODULES = {
  'State.js': `import { graphql } from 'relay-runtime';
export const fragment = graphql\`fragment State_order on PayAfterOrder { __typename state }\`;
`,
  'Order.js': `import { graphql } from 'relay-runtime';
export const query = graphql\`query OrderQuery($outOrderNo: String!) {
  payAfterOrder(by: { outOrderNo: $outOrderNo }) { ...State_order }
}\`;
`,
};

const project = join(folder, 'relay');
mkdirSync(join(project, 'src', 'artifacts'), { recursive: true });
copyFileSync(new URL('../../../schema.graphql', import.meta.url), join(project, 'schema.graphql'));
for (const [name, text] of Object.entries(MODULES)) {
  writeFileSync(join(project, 'src', name), text);
}
const config = {
  src: './src',
  schema: './schema.graphql',
  language: 'javascript',
  artifactDirectory: './src/artifacts',
  persistConfig: { file: './persisted.json' },
};
writeFileSync(join(project, 'relay.config.json'), JSON.stringify(config));
// The compiler wants a manifest to add to.
writeFileSync(join(project, 'persisted.json'), '{}');
execFileSync(compiler, ['relay.config.json'], {
  cwd: project,
  stdio: ['ignore', 'ignore', 'inherit'],
});
