import { getOperationAST, type OperationDefinitionNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Compiled, compiled } from './compiled.ts';

export interface CompilerOptions {
  /** How often an operation comes before it is compiled. */
  readonly afterHits?: number | undefined;
  /** Characters of the documents whose operations are kept compiled: those that came last. */
  readonly keptCharacters?: number;
}

/**
 * Queries and mutations that come again and again are compiled to JavaScript. Those that come once
 * are not: compiling costs as much as some ten executions. An operation is known by its node, which is
 * another in each document.
 */
export function useCompiler(options: CompilerOptions = {}): Plugin {
  const { afterHits = 50, keptCharacters = 128 * 1024 } = options;
  const hits = new WeakMap<OperationDefinitionNode, number>();
  const kept = new Map<OperationDefinitionNode, { run: Compiled; characters: number }>();
  let characters = 0;
  const keep = (operation: OperationDefinitionNode, run: Compiled, size: number) => {
    kept.set(operation, { run, characters: size });
    characters += size;
    for (const [oldest, entry] of kept) {
      if (characters <= keptCharacters) {
        break;
      }
      kept.delete(oldest);
      hits.delete(oldest);
      characters -= entry.characters;
    }
  };
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
      const entry = kept.get(operation);
      if (entry !== undefined) {
        kept.delete(operation);
        kept.set(operation, entry);
      }
      const run = entry?.run ?? (comesAgain(operation) ? compiled(args, operation) : undefined);
      if (run === undefined) {
        return;
      }
      if (entry === undefined) {
        keep(operation, run, args.document.loc?.source.body.length ?? 0);
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
