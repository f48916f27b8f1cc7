import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { readLimited } from './documents/read-limited-body.ts';

/** The rest of a body that is too long is not read: nothing can follow it on that connection. */
export function useClosingRefusals(): Plugin {
  return {
    onResponse: ({ response }) => {
      if (response.status === 413) {
        response.headers.set('connection', 'close');
      }
    },
  };
}

/**
 * Bodies over so many bytes are 413, in both framings of HTTP/1.1. Yoga's own limit pipes every body
 * through a stream and makes a second Request, which cost more than all that it does besides. Here
 * that is for bodies alone that do not say how long they are.
 */
export function useBodyLimit({ maxBytes }: { readonly maxBytes: number }): Plugin {
  return {
    onRequestParse: ({ request, serverContext, requestParser, setRequestParser, fetchAPI }) => {
      const length = request.headers.get('content-length');
      if (length !== null && !/^\d+$/.test(length)) {
        throw refused(400, 'BAD_REQUEST', 'Content-Length header is invalid.');
      }
      if (Number(length) > maxBytes) {
        throw tooLarge();
      }
      // node:http reads no byte more than it says. Who calls `fetch` may say what they like.
      if (requestParser === undefined || (length !== null && 'req' in serverContext)) {
        return;
      }
      setRequestParser(async (read) => {
        const body = await readLimited(read, maxBytes);
        if (body === undefined) {
          throw tooLarge();
        }
        const { method, headers } = read;
        return await requestParser(new fetchAPI.Request(read.url, { method, headers, body }));
      });
    },
  };
}

function tooLarge(): GraphQLError {
  return refused(413, 'REQUEST_ENTITY_TOO_LARGE', 'Request body too large');
}

function refused(status: number, code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
