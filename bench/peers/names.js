/** WeChat Pay's snake_case and the camelCase of our answers, at every depth. */
export function toCamel(value) {
  return renamed(value, camel);
}

export function toSnake(value) {
  return renamed(value, snake);
}

const camelNames = new Map();
const snakeNames = new Map();

function camel(name) {
  return kept(camelNames, name, () =>
    name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
  );
}

function snake(name) {
  return kept(snakeNames, name, () =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
}

/** Names are few: each is made once. */
function kept(names, name, make) {
  let known = names.get(name);
  if (known === undefined) {
    known = make();
    names.set(name, known);
  }
  return known;
}

function renamed(value, rename) {
  if (Array.isArray(value)) {
    return value.map((item) => renamed(item, rename));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const result = {};
  for (const name of Object.keys(value)) {
    result[rename(name)] = renamed(value[name], rename);
  }
  return result;
}
