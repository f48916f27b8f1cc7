import { examine } from './doctor/examine.ts';
import { toLine } from './doctor/finding.ts';

/**
 * Checks the configuration that the server would start with. Exit code 1 if something has to be
 * fixed.
 */
let failed = false;
for await (const finding of examine(process.env)) {
  process.stdout.write(toLine(finding));
  failed ||= finding.grade === 'FAIL';
}
process.exitCode = failed ? 1 : 0;
