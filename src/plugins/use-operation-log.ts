import type { DocumentNode, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { CallerContext } from '../auth/caller-of.ts';
import type { OperationReport } from '../observability/operation-log.ts';
import type { GraphQLContext } from '../schema/index.ts';
import type { Shapes } from './documents/document-limits.ts';

export interface OperationsOptions {
  readonly shapeOf: Shapes;
  readonly onOperation: (report: OperationReport) => void;
  /** Told +1 for each stream that begins, and -1 where it ends. */
  readonly onStream: (change: 1 | -1) => void;
}

type OperationContext = GraphQLContext & Pick<CallerContext, 'req'>;
type Result = { readonly errors?: readonly GraphQLError[] | undefined };

/** Tells of every operation what it was, its result, and how long it took. */
export function useOperationLog(options: OperationsOptions): Plugin<OperationContext> {
  const { shapeOf, onOperation, onStream } = options;
  const report = (
    document: DocumentNode,
    { caller, outcome, req }: OperationContext,
    { errors }: Result,
    since: number,
  ) =>
    onOperation({
      operation: nameOf(shapeOf(document).rootFields),
      outcome: errors?.[0] ? codeOf(errors[0]) : (outcome.refusal ?? 'OK'),
      ms: performance.now() - since,
      caller: caller.id,
      request: req,
    });
  return {
    onExecute: ({ args }) => {
      const since = performance.now();
      return {
        onExecuteDone: ({ result }) => {
          report(args.document, args.contextValue, 'errors' in result ? result : {}, since);
        },
      };
    },
    onSubscribe: ({ args }) => {
      const since = performance.now();
      return {
        onSubscribeResult: ({ result }) => {
          const isStream = Symbol.asyncIterator in result;
          report(args.document, args.contextValue, isStream ? {} : result, since);
          if (!isStream) {
            return undefined;
          }
          onStream(1);
          return { onEnd: () => onStream(-1) };
        },
      };
    },
  };
}

function nameOf([first = 'introspection', ...more]: readonly string[]): string {
  return more.length > 0 ? 'several' : first;
}

/** What has no code yet gets one on its way out: faults in resolvers are masked, others are the caller's. */
function codeOf({ extensions, path }: GraphQLError): string {
  const { code } = extensions;
  if (typeof code === 'string') {
    return code;
  }
  return path === undefined ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR';
}
