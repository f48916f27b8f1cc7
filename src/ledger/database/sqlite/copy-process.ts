import { copyUnderLock } from './sqlite-file.ts';

/** The process that copies a SQLite file for the one that holds its lock; prints the path of the copy. */
const holder = process.ppid;
const [path, suffix] = process.argv.slice(2);
if (path !== undefined && suffix !== undefined) {
  process.stdout.write(await copyUnderLock(path, suffix, () => process.ppid === holder));
}
