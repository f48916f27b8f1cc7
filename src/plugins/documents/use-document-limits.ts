import { type DocumentNode, GraphQLError, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type CallerContext, isAllowed } from '../../auth/caller-of.ts';
import { limitErrors, type Shapes } from './document-limits.ts';

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
