import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type ParseOptions,
  parse,
  type Source,
  validate,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { type CallerContext, isAllowed } from '../../auth/caller.ts';
import { type DocumentShape, type Shapes, shapeOf } from './measure-document.ts';
import { typeMessage } from './redact-values.ts';

/** Several times what a document with every field of the schema needs; the stack allows more. */
const MAX_TOKENS = 1_000;
/** Enough for so many tokens. */
const MAX_CHARACTERS = 16_384;
/** The line of an error is found by counting from the beginning, for each error anew. */
const MAX_LINES = 1_000;

/**
 * Refuses documents that are so long, or so deep, that parsing them, or finding the lines of their
 * errors, would take too much time.
 */
export function useTokenLimit(): Plugin {
  return {
    onParse: ({ setParseFn }) => {
      setParseFn(limitedParse);
    },
  };
}

const LINE_END = /\r\n|[\n\r]/;

function limitedParse(source: string | Source, options?: ParseOptions): DocumentNode {
  const text = typeof source === 'string' ? source : source.body;
  if (text.length > MAX_CHARACTERS || text.split(LINE_END, MAX_LINES + 1).length > MAX_LINES) {
    const message = `The document is too long: at most ${MAX_CHARACTERS} characters in ${MAX_LINES} lines. Send values as variables.`;
    throw new GraphQLError(message, { extensions: { code: 'GRAPHQL_PARSE_FAILED' } });
  }
  return parse(source, { ...options, maxTokens: MAX_TOKENS });
}

const MOST_ERRORS = 5;
type Validate = typeof validate;

/**
 * Validates: the limits first, then the rules of GraphQL, at most five errors. Callers that may not
 * read the schema cannot infer it either: neither by introspection nor from "Did you mean".
 */
export function useDocumentLimits(shapeOf: Shapes): Plugin<CallerContext> {
  // An error keeps its stack, and with it the request: only documents without errors are remembered.
  const valid = new WeakSet<DocumentNode>();
  const validating =
    (mayReadSchema: boolean): Validate =>
    (schema, document, rules, _options) => {
      const shape = shapeOf(document);
      if (shape.introspects && !mayReadSchema) {
        return [introspectionRefused()];
      }
      if (valid.has(document)) {
        return [];
      }
      const tooLarge = limitErrors(shape);
      if (tooLarge.length > 0) {
        return tooLarge;
      }
      const options = { maxErrors: MOST_ERRORS, hideSuggestions: !mayReadSchema };
      const errors = validate(schema, document, rules, options);
      if (errors.length === 0) {
        valid.add(document);
      }
      return errors.slice(0, MOST_ERRORS).map((error) => withPath(document, error));
    };
  const open = validating(true);
  const hiding = validating(false);
  return {
    onValidate: ({ context, setValidationFn }) => {
      setValidationFn(isAllowed(context, 'schema:read') ? open : hiding);
    },
  };
}

/**
 * An error of a literal names the argument, as errors of variables do, and has the path of its field;
 * the latter only in the operation itself, because a fragment may be anywhere.
 */
function withPath(document: DocumentNode, error: GraphQLError): GraphQLError {
  const [node] = error.nodes ?? [];
  const isLiteral = node !== undefined && LITERAL.test(node.kind);
  const chain = isLiteral ? chainTo(document, node) : [];
  const names = chain.flatMap((one, index) => nameOf(one, chain[index + 1]));
  const input = names.filter(({ of }) => of === 'input').map(({ name }) => name);
  if (input.length === 0) {
    return error;
  }
  const { nodes, extensions } = error;
  const isFragment = chain.some(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const fields = names.filter(({ of }) => of === 'result').map(({ name }) => name);
  return new GraphQLError(`${input.join('.')}: ${typeMessage(error.message)}`, {
    nodes,
    path: isFragment || fields.length === 0 ? null : fields,
    extensions,
  });
}

const LITERAL = /Value$|^ObjectField$/;

/** The nodes from the document to one of its literals; empty if it is not one. */
function chainTo(document: DocumentNode, literal: ASTNode): readonly ASTNode[] {
  let chain: readonly ASTNode[] = [];
  visit(document, {
    enter: (node, _key, parent, _path, ancestors) => {
      if (node !== literal) {
        return undefined;
      }
      chain = [...ancestors, ...(parent ? [parent] : []), node].filter((one) => 'kind' in one);
      return BREAK;
    },
  });
  return chain;
}

interface Named {
  readonly of: 'input' | 'result';
  readonly name: string | number;
}

function nameOf(node: ASTNode, next: ASTNode | undefined): readonly Named[] {
  switch (node.kind) {
    case Kind.FIELD:
      return [{ of: 'result', name: (node.alias ?? node.name).value }];
    case Kind.ARGUMENT:
    case Kind.OBJECT_FIELD:
      return [{ of: 'input', name: node.name.value }];
    case Kind.LIST:
      return [{ of: 'input', name: node.values.findIndex(({ loc }) => loc === next?.loc) }];
    case Kind.VARIABLE_DEFINITION:
      return [{ of: 'input', name: `$${node.variable.name.value}` }];
    default:
      return [];
  }
}

function introspectionRefused(): GraphQLError {
  const message = 'The schema is shown only to callers with the scope schema:read.';
  const extensions = { code: 'FORBIDDEN', http: { spec: true, status: 403 } };
  return new GraphQLError(message, { extensions });
}

type Measured = Exclude<keyof DocumentShape, 'introspects' | 'rootFields'>;

/** The limits of a document: several times what a page of an application needs. */
const LIMITS: Readonly<Record<Measured, { readonly most: number; readonly what: string }>> = {
  depth: { most: 8, what: 'fields within fields' },
  aliases: { most: 10, what: 'aliases' },
  directives: { most: 10, what: 'directives' },
  queryFields: { most: 5, what: 'root fields in a query' },
  mutationFields: { most: 1, what: 'root field in a mutation' },
};

/** Which limits a document exceeds, fragments counted wherever they are spread; empty if none. */
function limitErrors(shape: DocumentShape): readonly GraphQLError[] {
  const kinds: readonly Measured[] = [
    'depth',
    'aliases',
    'directives',
    'queryFields',
    'mutationFields',
  ];
  return kinds
    .filter((kind) => shape[kind] > LIMITS[kind].most)
    .map((kind) => {
      const { most, what } = LIMITS[kind];
      const message = `The document is too large: at most ${most} ${what}. Split it into several requests.`;
      return new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    });
}

/** Why the server would refuse a document from any caller, with lines; empty if it would not. */
export function documentProblems(schema: GraphQLSchema, text: string): readonly string[] {
  try {
    const document = limitedParse(text);
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
      return ['No operation found: each file must be a whole document, including its fragments.'];
    }
    return [...limitErrors(shapeOf(document)), ...validate(schema, document)].map(described);
  } catch (error) {
    return [error instanceof GraphQLError ? described(error) : String(error)];
  }
}

function described({ message, locations }: GraphQLError): string {
  const [at] = locations ?? [];
  return at ? `line ${at.line}: ${message}` : message;
}

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/**
 * Measured: 250 to 420 bytes per token in a parsed document, and no token is shorter than a
 * character.
 */
const BYTES_PER_TOKEN = 420;
const BYTES_PER_CHARACTER = 300;

/**
 * Yoga's cache of documents, bounded in bytes: if only their number were bounded, a stream of new
 * documents would fill the memory. Valid ones are remembered with the document, elsewhere; errors are
 * not, because each keeps the request that it came from.
 */
export function documentCaches() {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      maxSize: MAX_DOCUMENT_BYTES,
      sizeCalculation: (_, source) => 2 * source.length + parsedBytes(source),
    }),
    errorCache: { get: () => undefined, set: () => {} },
    validationCache: false,
  };
}

/** Never less than the actual size. */
function parsedBytes({ length }: string): number {
  return Math.min(length * BYTES_PER_CHARACTER, MAX_TOKENS * BYTES_PER_TOKEN);
}
