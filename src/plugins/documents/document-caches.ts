import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { MAX_TOKENS } from './use-token-limit.ts';

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 2 * 1024 * 1024;
/** Measured: 250 to 420 bytes a token in a parsed document, and no token shorter than a character. */
const BYTES_PER_TOKEN = 420;
const BYTES_PER_CHARACTER = 300;
const BYTES_PER_ERROR = 2_000;

/**
 * What Yoga keeps of documents, bounded in bytes: bounded by number alone, a stream of ever new ones
 * would fill the memory. What a validation found is remembered with the document, elsewhere.
 */
export function documentCaches() {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      maxSize: MAX_DOCUMENT_BYTES,
      sizeCalculation: (_, source) => 2 * source.length + parsedBytes(source),
    }),
    errorCache: new LRUCache<string, NonNullable<unknown>>({
      maxSize: MAX_ERROR_BYTES,
      sizeCalculation: (_, source) => 2 * source.length + BYTES_PER_ERROR,
    }),
    validationCache: false,
  };
}

/** Never less than it really takes. */
function parsedBytes({ length }: string): number {
  return Math.min(length * BYTES_PER_CHARACTER, MAX_TOKENS * BYTES_PER_TOKEN);
}
