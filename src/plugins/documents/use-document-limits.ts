import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type ParseOptions,
  parse,
  type Source,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { type CallerContext, isAllowed } from '../../auth/caller.ts';
import { type DocumentShape, type Shapes, shapeOf } from './measure-document.ts';

/** Several times what a document with every field of the schema needs; the stack has room for more. */
const MAX_TOKENS = 1_000;

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

const MOST_ERRORS = 5;
const NO_ERRORS: readonly GraphQLError[] = [];

/** The errors of a document, found once: with suggestions for who may read the schema, or without. */
interface Verdict {
  open?: readonly GraphQLError[];
  hiding?: readonly GraphQLError[];
}

type Validate = typeof validate;

/**
 * Validates: the limits first, then the rules of GraphQL, at most five errors. Who may not read the
 * schema is not told it either: neither by introspection nor by "Did you mean".
 */
export function useDocumentLimits(shapeOf: Shapes): Plugin<CallerContext> {
  const verdicts = new WeakMap<DocumentNode, Verdict>();
  const validating =
    (mayReadSchema: boolean): Validate =>
    (schema, document, rules, _options) => {
      const shape = shapeOf(document);
      if (shape.introspects && !mayReadSchema) {
        return [introspectionRefused()];
      }
      const verdict = verdicts.get(document) ?? {};
      const known = mayReadSchema ? verdict.open : verdict.hiding;
      if (known !== undefined) {
        return known;
      }
      const tooLarge = limitErrors(shape);
      const options = { maxErrors: MOST_ERRORS, hideSuggestions: !mayReadSchema };
      const errors =
        tooLarge.length > 0
          ? tooLarge
          : validate(schema, document, rules, options).slice(0, MOST_ERRORS);
      verdicts.set(document, remembered(verdict, mayReadSchema, errors));
      return errors;
    };
  const open = validating(true);
  const hiding = validating(false);
  return {
    onValidate: ({ context, setValidationFn }) => {
      setValidationFn(isAllowed(context, 'schema:read') ? open : hiding);
    },
  };
}

function remembered(
  verdict: Verdict,
  mayReadSchema: boolean,
  errors: readonly GraphQLError[],
): Verdict {
  if (errors.length === 0) {
    return { open: NO_ERRORS, hiding: NO_ERRORS };
  }
  return mayReadSchema ? { ...verdict, open: errors } : { ...verdict, hiding: errors };
}

function introspectionRefused(): GraphQLError {
  const message = 'The schema is shown only to callers with the scope schema:read.';
  const extensions = { code: 'FORBIDDEN', http: { spec: true, status: 403 } };
  return new GraphQLError(message, { extensions });
}

type Measured = Exclude<keyof DocumentShape, 'introspects' | 'rootFields'>;

/** The most that a document may hold: several times what a page of an application asks for. */
const LIMITS: Readonly<Record<Measured, { readonly most: number; readonly what: string }>> = {
  depth: { most: 8, what: 'fields within fields' },
  aliases: { most: 10, what: 'aliases' },
  directives: { most: 10, what: 'directives' },
  queryFields: { most: 5, what: 'root fields in a query' },
  mutationFields: { most: 1, what: 'root field in a mutation' },
};

/** What makes a document too large, fragments counted wherever they are spread; empty where nothing does. */
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
      const message = `The document is too large: at most ${most} ${what}. Ask for the rest in another request.`;
      return new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    });
}

/** Why the server would refuse a document, from any caller: with lines; empty where it would not. */
export function documentProblems(schema: GraphQLSchema, text: string): readonly string[] {
  try {
    const document = parse(text, { maxTokens: MAX_TOKENS });
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
      return ['There is no operation in it: each file is a whole document, fragments included.'];
    }
    return [...limitErrors(shapeOf(document)), ...validate(schema, document)].map(told);
  } catch (error) {
    return [error instanceof GraphQLError ? told(error) : String(error)];
  }
}

function told({ message, locations }: GraphQLError): string {
  const [at] = locations ?? [];
  return at ? `line ${at.line}: ${message}` : message;
}

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
