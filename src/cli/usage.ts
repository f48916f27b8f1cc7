import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * The arguments of a command. `--help` prints the usage and ends the process with 0, arguments that
 * it does not know with 2. If the reader of a pipe is gone, such as `head`, the process ends.
 */
export function readArguments<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if ('code' in error && error.code === 'EPIPE') {
        process.exit();
      }
      throw error;
    });
  }
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return misuse(usage, error instanceof Error ? error.message : 'Unknown arguments.');
  }
}

/** Prints what is wrong and the usage, and ends the process with 2. */
export function misuse(usage: string, problem: string): never {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exit(2);
}
