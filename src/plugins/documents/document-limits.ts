import { type DocumentNode, GraphQLError } from 'graphql';
import { type DocumentShape, shapeOf } from './measure-document.ts';

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
export function limitErrors(shape: DocumentShape): readonly GraphQLError[] {
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

export type Shapes = (document: DocumentNode) => DocumentShape;

/** Measures each document once, for as long as it is kept. */
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
