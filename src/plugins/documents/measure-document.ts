import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The size of a document after its fragments are inlined: a fragment counts wherever it is used. Of
 * several operations each figure is that of the largest.
 */
export interface DocumentShape {
  /** Depth of nested fields, without introspection. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly queryFields: number;
  readonly mutationFields: number;
  /** Whether it queries the schema. */
  readonly introspects: boolean;
  /** Names of its root fields, each once, without those that begin with two underscores. */
  readonly rootFields: readonly string[];
}

export type Shapes = (document: DocumentNode) => DocumentShape;

/** Measures each document once, and caches the result as long as the document. */
export function rememberedShapes(): Shapes {
  const shapes = new WeakMap<DocumentNode, DocumentShape>();
  return (document) => {
    let shape = shapes.get(document);
    if (shape === undefined) {
      shape = shapeOf(document);
      shapes.set(document, shape);
    }
    return shape;
  };
}

interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly fields: number;
  readonly introspects: boolean;
}

const NOTHING: Measure = { depth: 0, aliases: 0, directives: 0, fields: 0, introspects: false };

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The measured fragments; a fragment in progress counts as nothing, so that cycles end. */
  readonly measured: Map<string, Measure>;
}

/** One walk over a parsed document, valid or not. */
export function shapeOf({ definitions }: DocumentNode): DocumentShape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const walk: Walk = { fragments, measured: new Map() };
  let whole = { ...NOTHING, queryFields: 0, mutationFields: 0 };
  const roots = new Set<string>();
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      const { operation, directives = [], selectionSet } = definition;
      const found = measured(selectionSet, walk);
      const { queryFields, mutationFields } = whole;
      whole = {
        ...larger(whole, { ...found, directives: found.directives + directives.length }),
        queryFields:
          operation === OperationTypeNode.QUERY ? Math.max(queryFields, found.fields) : queryFields,
        mutationFields:
          operation === OperationTypeNode.MUTATION
            ? Math.max(mutationFields, found.fields)
            : mutationFields,
      };
      collectRoots(selectionSet, walk, roots, new Set());
    }
  }
  const { fields: _, ...shape } = whole;
  return { ...shape, rootFields: [...roots] };
}

function measured({ selections }: SelectionSetNode, walk: Walk): Measure {
  let sum = NOTHING;
  for (const selection of selections) {
    const found = selectionOf(selection, walk);
    sum = {
      depth: Math.max(sum.depth, found.depth),
      aliases: sum.aliases + found.aliases,
      directives: sum.directives + found.directives + (selection.directives?.length ?? 0),
      fields: sum.fields + found.fields,
      introspects: sum.introspects || found.introspects,
    };
  }
  return sum;
}

function selectionOf(selection: SelectionNode, walk: Walk): Measure {
  switch (selection.kind) {
    case Kind.FIELD:
      return fieldOf(selection, walk);
    case Kind.INLINE_FRAGMENT:
      return measured(selection.selectionSet, walk);
    default:
      return spread(selection.name.value, walk);
  }
}

function fieldOf({ name, alias, selectionSet }: FieldNode, walk: Walk): Measure {
  const within = selectionSet ? measured(selectionSet, walk) : NOTHING;
  const introspects = name.value === '__schema' || name.value === '__type';
  return {
    depth: introspects ? 0 : within.depth + 1,
    aliases: within.aliases + (alias ? 1 : 0),
    directives: within.directives,
    fields: 1,
    introspects: introspects || within.introspects,
  };
}

function spread(name: string, walk: Walk): Measure {
  const known = walk.measured.get(name);
  const fragment = walk.fragments.get(name);
  if (known !== undefined || fragment === undefined) {
    return known ?? NOTHING;
  }
  walk.measured.set(name, NOTHING);
  const found = measured(fragment.selectionSet, walk);
  const measure = { ...found, directives: found.directives + (fragment.directives?.length ?? 0) };
  walk.measured.set(name, measure);
  return measure;
}

function larger<T extends Measure>(one: T, other: Measure): T {
  return {
    ...one,
    depth: Math.max(one.depth, other.depth),
    aliases: Math.max(one.aliases, other.aliases),
    directives: Math.max(one.directives, other.directives),
    introspects: one.introspects || other.introspects,
  };
}

function collectRoots(
  { selections }: SelectionSetNode,
  walk: Walk,
  roots: Set<string>,
  seen: Set<string>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (!selection.name.value.startsWith('__')) {
        roots.add(selection.name.value);
      }
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectRoots(selection.selectionSet, walk, roots, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = walk.fragments.get(selection.name.value);
      if (fragment) {
        collectRoots(fragment.selectionSet, walk, roots, seen);
      }
    }
  }
}
