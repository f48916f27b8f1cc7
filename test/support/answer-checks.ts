import { at, parsed } from './json.ts';

/** All of an answer that a caller or a proxy could read. */
export async function textOf(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  return [response.status, response.statusText, ...headers, await response.clone().text()].join(
    '\n',
  );
}

/** What is wrong with the form of an answer; empty where nothing is. */
export async function malformation(response: Response): Promise<readonly string[]> {
  const { status } = response;
  const text = await response.clone().text();
  if (status >= 500) {
    return [`status ${status}`];
  }
  if (text === '') {
    return status >= 400 || status === 204 ? [] : [`an empty body with ${status}`];
  }
  const type = response.headers.get('content-type') ?? 'none';
  if (/^(multipart\/mixed|text\/event-stream)(;|$)/.test(type)) {
    // As it was asked for; what it wraps is the same JSON.
    return [];
  }
  const errors = at(parsed(text), 'errors') ?? [];
  const list: readonly unknown[] = Array.isArray(errors) ? errors : [{}];
  return [
    ...(/^application\/(graphql-response\+)?json(;|$)/.test(type) ? [] : [`content type ${type}`]),
    ...(typeof parsed(text) === 'object' ? [] : ['a body that is no JSON']),
    ...list
      .filter((error) => !/^[A-Z_]{4,}$/.test(String(at(error, 'extensions', 'code') ?? '')))
      .map((error) => `an error without a code: ${JSON.stringify(error)}`),
  ];
}
