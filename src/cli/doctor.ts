import { examine } from './doctor/examine.ts';
import { toLine } from './doctor/finding.ts';
import { readArguments } from './usage.ts';

const USAGE = `Usage: npm run doctor

Checks the configuration and everything that a start relies on. Makes and changes no order.
Exit code 1 if a line says FAIL.
`;

/**
 * Checks the configuration that the server would start with. Exit code 1 if something has to be
 * fixed.
 */
readArguments(USAGE, { options: {} });
let failed = false;
for await (const finding of examine(process.env)) {
  process.stdout.write(toLine(finding));
  failed ||= finding.grade === 'FAIL';
}
process.exitCode = failed ? 1 : 0;
