import { type ParseOptions, parse, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Several times what a document with every field of the schema needs; the stack has room for more. */
export const MAX_TOKENS = 1_000;

/** Refuses documents that are so long, or so deep, that reading them would exhaust the stack. */
export function useTokenLimit(): Plugin {
  const limited = (source: string | Source, options?: ParseOptions) =>
    parse(source, { ...options, maxTokens: MAX_TOKENS });
  return {
    onParse: ({ setParseFn }) => {
      setParseFn(limited);
    },
  };
}
