import { readFileSync } from 'node:fs';
import type { EnvironmentReader } from './environment.ts';

const VARIABLE = 'TRUSTED_DOCUMENTS';

/** Texts of documents by their ids; undefined where every document may be run. */
export function readDocuments(from: EnvironmentReader): ReadonlyMap<string, string> | undefined {
  const file = from.text(VARIABLE);
  if (file === undefined) {
    return undefined;
  }
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const entries =
      typeof manifest === 'object' && manifest !== null ? Object.entries(manifest) : [];
    const documents = new Map(entries.filter((entry) => isDocument(entry)));
    if (documents.size > 0 && documents.size === entries.length) {
      return documents;
    }
  } catch {
    // Told like any other file that is none.
  }
  from.addProblem(
    VARIABLE,
    `names no manifest: make one with: npm run documents -- <folder> --out ${file}`,
  );
  return undefined;
}

function isDocument(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
