import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValueNode,
} from 'graphql';

/**
 * The number of fields with every fragment inlined. Compiling blocks the event loop for longer, the
 * more there are.
 */
const MOST_SELECTIONS = 100;

/**
 * Whether the compiler returns the executor's results for an operation, in bounded time. The
 * compiler applies the conditions of one use of a fragment to all, uses JSON literals of its own,
 * fails on names that JavaScript objects reserve, and does not help introspection. It does not
 * handle subscriptions.
 */
export function isCompilable(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  let left = MOST_SELECTIONS;
  const isPlain = (selection: SelectionNode): boolean => {
    left -= 1;
    if (left < 0 || (selection.directives?.length ?? 0) > 0) {
      return false;
    }
    switch (selection.kind) {
      case Kind.FIELD:
        return (
          isPlainName(selection.name.value) &&
          isPlainName(selection.alias?.value ?? '') &&
          (selection.arguments ?? []).every(({ value }) => isPlainValue(value)) &&
          arePlain(selection.selectionSet?.selections)
        );
      case Kind.INLINE_FRAGMENT:
        return arePlain(selection.selectionSet.selections);
      case Kind.FRAGMENT_SPREAD:
        return arePlain(fragments.get(selection.name.value)?.selectionSet.selections);
    }
  };
  const arePlain = (selections: readonly SelectionNode[] = []) => selections.every(isPlain);
  return operation.operation !== 'subscription' && arePlain(operation.selectionSet.selections);
}

function isPlainName(name: string): boolean {
  return name === '__typename' || !name.startsWith('__');
}

/** The compiler writes these literals for numbers that JSON does not have. */
function isPlainValue(value: ValueNode): boolean {
  switch (value.kind) {
    case Kind.STRING:
      return !value.value.includes('__MAGIC_');
    case Kind.LIST:
      return value.values.every(isPlainValue);
    case Kind.OBJECT:
      return value.fields.every((field) => isPlainValue(field.value));
    default:
      return true;
  }
}
