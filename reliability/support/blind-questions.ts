import {
  buildSchema,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
} from 'graphql';

/** Every name of a schema, except those that all schemas have. */
export function namesOf(schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) {
      continue;
    }
    names.add(type.name);
    if (isEnumType(type)) {
      for (const { name } of type.getValues()) {
        names.add(name);
      }
    }
    if (isObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        names.add(field.name);
        for (const { name } of field.args) {
          names.add(name);
        }
      }
    }
    if (isInputObjectType(type)) {
      for (const name of Object.keys(type.getFields())) {
        names.add(name);
      }
    }
  }
  const common = [
    ...['Query', 'Mutation', 'Subscription', 'String', 'Float', 'Boolean', 'message'],
    // Words of GraphQL's own messages, and of the refusal of a caller.
    ...['field', 'scope'],
  ];
  // The first are in every schema, or every response; short ones occur in any text.
  return new Set([...names].filter((name) => !common.includes(name) && name.length > 4));
}

export function schemaOf(text: string): GraphQLSchema {
  return buildSchema(text);
}

/** Nearly valid names, in every place of a name, and plain introspection. */
export function blindQuestions(names: Iterable<string>): readonly string[] {
  const near = [...names].flatMap((name) => [
    name.slice(0, -1),
    `${name}s`,
    name.replace(/[aeiou]/, ''),
    name.toLowerCase(),
  ]);
  const known = new Set(names);
  const wrong = [...new Set(near)].filter(
    (name) => /^[_a-zA-Z]\w*$/.test(name) && !known.has(name),
  );
  return [
    '{ __schema { types { name } } }',
    '{ __type(name: "Query") { fields { name } } }',
    '{ __typename { x } }',
    'subscription { __typename }',
    'query ($x: Nothing!) { __typename }',
    ...wrong.flatMap((name) => [
      `{ ${name} }`,
      `mutation { ${name} }`,
      `subscription { ${name} }`,
      `query ($x: ${name}) { __typename }`,
      `{ __typename @${name} }`,
      `{ ... on ${name} { __typename } }`,
      `{ __typename(${name}: 1) }`,
    ]),
  ];
}
