import { getOperationAST, type OperationDefinitionNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { type Compiled, compiled } from './compiled.ts';

export interface CompilerOptions {
  /** After how many executions an operation is compiled. */
  readonly afterHits?: number | undefined;
  /** How much of the memory compiled operations may take; those that came last are kept. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 24 * 1024 * 1024;
/** Measured: 57 to 140 bytes of compiled code for a character of the document. */
const BYTES_PER_CHARACTER = 200;

/**
 * Compiles frequent queries and mutations to JavaScript. Rare ones are not compiled: compiling
 * costs as much as some ten executions. An operation is identified by its node, which differs
 * between documents. Register it after the plugin that checks variables.
 */
export function useCompiler(options: CompilerOptions = {}): Plugin {
  const { afterHits = 50, maxBytes = MAX_BYTES } = options;
  const hits = new WeakMap<OperationDefinitionNode, number>();
  const kept = new LRUCache<OperationDefinitionNode, Compiled>({
    maxSize: maxBytes,
    // If it is used again, it is compiled again.
    dispose: (_, operation) => hits.delete(operation),
  });
  const comesAgain = (operation: OperationDefinitionNode) => {
    const count = (hits.get(operation) ?? 0) + 1;
    hits.set(operation, count);
    return count === afterHits;
  };
  return {
    onExecute: ({ args, executeFn, setExecuteFn }) => {
      const operation = getOperationAST(args.document, args.operationName);
      if (!operation) {
        return;
      }
      const known = kept.get(operation);
      const run = known ?? (comesAgain(operation) ? compiled(args, operation) : undefined);
      if (run === undefined) {
        return;
      }
      if (known === undefined) {
        const size = BYTES_PER_CHARACTER * (args.document.loc?.source.body.length ?? 1);
        kept.set(operation, run, { size });
      }
      setExecuteFn(orElse(run, executeFn));
    },
  };
}

function orElse<Args, Result>(
  run: (args: Args) => Result | undefined | Promise<Result | undefined>,
  otherwise: (args: Args) => Result,
) {
  return (args: Args) => {
    const result = run(args);
    return result instanceof Promise
      ? result.then((done) => done ?? otherwise(args))
      : (result ?? otherwise(args));
  };
}
