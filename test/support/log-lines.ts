import { createLog } from '../../src/observability/log.ts';
import { parsed } from './json.ts';

/** The server's log, kept in memory. */
export function collectLog(requestId?: () => string | undefined) {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => {
      lines.push(line);
    },
  };
  return {
    log: createLog({ destination, requestId: requestId ?? (() => undefined) }),
    text: () => lines.join(''),
    entries: (): readonly unknown[] => lines.map(parsed),
    clear: () => {
      lines.length = 0;
    },
  };
}

export type CollectedLog = ReturnType<typeof collectLog>;
