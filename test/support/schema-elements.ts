import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  printType,
} from 'graphql';

/** One thing of a schema that has a name: `PayAfterOrder.state`, `Query.payAfterOrder(by)`. */
export interface SchemaElement {
  readonly coordinate: string;
  readonly name: string;
  readonly description: string;
  /** Empty for what has no type of its own. */
  readonly type: string;
}

/** The types that are the schema's own. */
export function ownTypes(schema: GraphQLSchema): readonly GraphQLNamedType[] {
  const all = Object.values(schema.getTypeMap());
  return all.filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
}

/** Every type, field, argument, input field and enum value. */
export function elementsOf(schema: GraphQLSchema): readonly SchemaElement[] {
  return ownTypes(schema).flatMap((type) => [element(type.name, type), ...membersOf(type)]);
}

interface Described {
  readonly name: string;
  readonly description?: string | undefined | null;
  readonly type?: unknown;
}

function element(coordinate: string, { name, description, type }: Described): SchemaElement {
  return { coordinate, name, description: description ?? '', type: type ? String(type) : '' };
}

function membersOf(owner: GraphQLNamedType): readonly SchemaElement[] {
  const at = (member: Described) => element(`${owner.name}.${member.name}`, member);
  if (isEnumType(owner)) {
    return owner.getValues().map((value) => at({ ...value, type: undefined }));
  }
  if (isInputObjectType(owner)) {
    return Object.values(owner.getFields()).map(at);
  }
  if (isObjectType(owner) || isInterfaceType(owner)) {
    return Object.values(owner.getFields()).flatMap((field) => [
      at(field),
      ...field.args.map((argument: GraphQLArgument) =>
        element(`${owner.name}.${field.name}(${argument.name})`, argument),
      ),
    ]);
  }
  return [];
}

/** A type without its descriptions: what it is, and each member with its type. */
export function shapeOf(type: GraphQLNamedType): readonly string[] {
  const sdl = printType(type).replace(/"""[\s\S]*?"""\s*/g, '');
  const members = membersOf(type).map((member) => `${member.coordinate}: ${member.type}`);
  const [head = ''] = sdl.split('{');
  return [head.trim(), ...members];
}
