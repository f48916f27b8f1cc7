import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { addApiKey } from './key/add.ts';

const USAGE = `npm run key -- --client <name> --scopes <scope,scope> [--file keys.json] [--expires 2027-01-31T00:00:00Z]
`;

/** Makes an API key: tells it once, and keeps only its hash. */
const { values } = parseArgs({
  options: {
    client: { type: 'string' },
    scopes: { type: 'string' },
    file: { type: 'string' },
    expires: { type: 'string' },
  },
});
const { client, scopes, file, expires } = values;
if (client === undefined || scopes === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 1;
} else {
  const id = `${client.replace(/[^\w-]/g, '-').slice(0, 40)}-${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(32).toString('base64url');
  const made = addApiKey({ id, secret, client, scopes: scopes.split(','), expires, file });
  if ('problems' in made) {
    process.stderr.write(`${made.problems.map((problem) => `- ${problem}`).join('\n')}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(made.told);
    process.stdout.write(`${id}.${secret}\n`);
  }
}
