import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import {
  REQUEST_ID,
  RESPONSE_HEADERS,
  type ResponseHeadersOptions,
} from '../http/response-headers.ts';

/**
 * Accepts GraphQL only by `POST application/json`, so that a page of another origin cannot send a
 * call by a plain form or link.
 */
export function useJsonOnly({ endpoint }: { readonly endpoint: string }): Plugin {
  return {
    onRequest: ({ request, url, endResponse, fetchAPI }) => {
      if (url.pathname !== endpoint) {
        const ends = [endpoint, `${endpoint}/`];
        // Yoga would accept these as its endpoint, which the checks here do not cover.
        if (ends.some((end) => url.pathname === end || request.url.endsWith(end))) {
          endResponse(new fetchAPI.Response(null, { status: 404 }));
        }
        return;
      }
      if (request.method !== 'POST' && request.method !== 'OPTIONS') {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: 'POST' } }));
        return;
      }
      const [mediaType] = (request.headers.get('content-type') ?? '').split(';', 1);
      if (request.method === 'POST' && mediaType?.trim().toLowerCase() !== 'application/json') {
        endResponse(
          new fetchAPI.Response(null, {
            status: 415,
            headers: { 'accept-post': 'application/json' },
          }),
        );
      }
    },
  };
}

/** The rest of a body that is too long is not read, so the connection cannot be reused. */
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
 * Responds 413 to larger bodies, in both framings of HTTP/1.1. Yoga's own limit pipes every body
 * through a stream and creates a second Request, which costs more than the rest of its work. Here
 * only bodies without a Content-Length need that.
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
      // node:http reads no more bytes than the header says; a direct caller of `fetch` can pass any
      // header.
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

/** The body, or undefined if it is longer than allowed; for both framings of HTTP/1.1. */
export async function readLimited(
  request: Request,
  maxBytes: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // A body that is too long is not cancelled: that would close the connection before the response.
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) {
      return Buffer.concat(chunks);
    }
    length += value.length;
    if (length > maxBytes) {
      return undefined;
    }
    chunks.push(value);
  }
}

/** On every response: {@link RESPONSE_HEADERS} and the id of the request. */
export function useResponseHeaders({ requestId }: ResponseHeadersOptions): Plugin {
  return {
    onResponse: ({ response: { headers } }) => {
      for (const [name, value] of Object.entries(RESPONSE_HEADERS)) {
        if (!headers.has(name)) {
          headers.set(name, value);
        }
      }
      const id = requestId();
      if (id !== undefined) {
        headers.set(REQUEST_ID, id);
      }
    },
  };
}
