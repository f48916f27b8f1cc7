import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, QUERY } from './support.js';

const tool = import.meta.resolve('@apollo/generate-persisted-query-manifest');
const cli = fileURLToPath(new URL('../cli.js', tool));
const project = join(folder, 'apollo');
mkdirSync(join(project, 'src'), { recursive: true });
writeFileSync(
  join(project, 'src', 'order.js'),
  `import { gql } from '@apollo/client';\nexport const ORDER = gql\`${QUERY}\`;\n`,
);
// With its defaults: it reads src, and writes persisted-query-manifest.json.
execFileSync(process.execPath, [cli], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
