import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import {
  errorBody,
  REQUEST_ID,
  RESPONSE_HEADERS,
  type ResponseHeadersOptions,
} from '../http/response-headers.ts';

/** Why a request is not executed, and what to send instead. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const NOT_FOUND: Refusal = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'Unknown path. GraphQL is at /graphql.',
};
const METHOD_NOT_ALLOWED: Refusal = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  message: 'Method not allowed. Send a POST, or a GET for queries.',
  headers: { allow: 'GET, POST' },
};
const PLAIN_GET: Refusal = {
  status: 400,
  code: 'BAD_REQUEST',
  message:
    'A GET needs `accept: application/json` or `accept: application/graphql-response+json`. Send one of them, or a POST.',
};
const WRONG_CONTENT_TYPE: Refusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'The body has to be JSON. Send `content-type: application/json`.',
  headers: { 'accept-post': 'application/json' },
};
const COMPRESSED_BODY: Refusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'Compressed bodies are not supported. Send the body without `content-encoding`.',
  headers: { 'accept-encoding': 'identity' },
};
const NOT_ACCEPTABLE: Refusal = {
  status: 406,
  code: 'NOT_ACCEPTABLE',
  message:
    'The header Accept allows no GraphQL response. Send `accept: application/json`, or `accept: text/event-stream` for a subscription.',
};
const NO_STREAM: Refusal = {
  status: 406,
  code: 'NOT_ACCEPTABLE',
  message:
    'A subscription is answered with a stream. Send `accept: text/event-stream`, or use a WebSocket.',
};

const JSON_TYPES = ['application/json', 'application/graphql-response+json'];
const STREAM_TYPES = ['text/event-stream', 'text/*', '*/*'];
const RESULT_TYPES = [...JSON_TYPES, 'application/*', ...STREAM_TYPES];

export interface RequestRulesOptions {
  readonly endpoint: string;
  /** Whether only trusted documents are executed: a GET of one may come from anywhere. */
  readonly trustedOnly: boolean;
  /** Called with the code of a request that is rejected here. */
  readonly onRejected: (code: string) => void;
}

/**
 * Accepts GraphQL by `POST application/json`, and by GET with an Accept header that no link and no
 * form can send, so that a page of another origin cannot send a call by one of these. Every other
 * request is rejected before its body is read.
 */
export function useRequestRules(options: RequestRulesOptions): Plugin {
  const { endpoint, trustedOnly, onRejected } = options;
  return {
    onRequest: ({ request, url, endResponse, fetchAPI }) => {
      // Yoga would accept more paths as its endpoint, which the checks here do not cover.
      const isKnown = url.pathname === endpoint;
      if (isKnown && request.method === 'OPTIONS') {
        const headers = { allow: 'GET, POST, OPTIONS' };
        endResponse(new fetchAPI.Response(null, { status: 204, headers }));
        return;
      }
      const refusal = isKnown ? refusalOf(request, trustedOnly) : NOT_FOUND;
      if (refusal !== undefined) {
        onRejected(refusal.code);
        endResponse(rejection(request, refusal, fetchAPI));
      }
    },
    onRequestParse: ({ request, setRequestParser }) => {
      if (request.method === 'GET') {
        setRequestParser(parametersOf);
      }
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const request: Request | undefined = args.contextValue.request;
      if (request !== undefined && !accepts(request, STREAM_TYPES)) {
        const { status, code, message } = NO_STREAM;
        setResultAndStopExecution({ errors: [refused(status, code, message)] });
      }
    },
  };
}

function refusalOf(request: Request, trustedOnly: boolean): Refusal | undefined {
  const { method, headers } = request;
  if (method === 'GET') {
    if (!trustedOnly && !accepts(request, JSON_TYPES)) {
      return PLAIN_GET;
    }
  } else if (method !== 'POST') {
    return METHOD_NOT_ALLOWED;
  } else if (mediaTypeOf(headers) !== 'application/json') {
    return WRONG_CONTENT_TYPE;
  } else if ((headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') {
    return COMPRESSED_BODY;
  }
  // Yoga would notice only after the execution.
  return accepts(request, RESULT_TYPES) ? undefined : NOT_ACCEPTABLE;
}

/** Whether the header Accept names one of these ranges; as Yoga reads it, only in UTF-8. */
function accepts({ headers }: Request, ranges: readonly string[]): boolean {
  const accept = headers.get('accept') || '*/*';
  if (ranges.includes(accept)) {
    return true;
  }
  const named = accept.toLowerCase().replace(/\s/g, '').split(',');
  return named.some((one) => {
    const [range = '', ...parameters] = one.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    return (charset ?? 'charset=utf-8') === 'charset=utf-8' && ranges.includes(range);
  });
}

function mediaTypeOf(headers: Headers): string | undefined {
  const [mediaType] = (headers.get('content-type') ?? '').split(';', 1);
  return mediaType?.trim().toLowerCase();
}

/** A response of the one shape of all errors, in the media type that the client asks for. */
export function rejection(
  { headers: asked }: Request,
  { status, code, message, headers }: Refusal,
  { Response }: { readonly Response: typeof globalThis.Response },
): Response {
  const own = 'application/graphql-response+json';
  const type = asked.get('accept')?.includes(own) ? own : 'application/json';
  return new Response(errorBody({ code, message }), {
    status,
    headers: { 'content-type': `${type}; charset=utf-8`, ...headers },
  });
}

/** The request in a URL. Yoga's own parser fails without a message if a parameter is not JSON. */
function parametersOf({ url }: Request) {
  const { searchParams } = new URL(url);
  const text = (name: string) => {
    const value = searchParams.get(name);
    return value ? { [name]: value } : {};
  };
  const object = (name: string) => {
    const value = searchParams.get(name);
    return value ? { [name]: jsonObject(name, value) } : {};
  };
  const query = searchParams.get('query');
  return {
    // An empty one is a syntax error, as in a POST.
    ...(query !== null && { query }),
    ...text('operationName'),
    ...text('documentId'),
    ...object('variables'),
    ...object('extensions'),
  };
}

function jsonObject(name: string, text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && !Array.isArray(value)) {
      return value;
    }
  } catch {
    // Reported like JSON of another type.
  }
  throw refused(400, 'BAD_USER_INPUT', `The URL parameter ${name} is not a JSON object.`);
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
      const hasBody = request.method !== 'GET';
      if (!(requestParser && hasBody) || (length !== null && 'req' in serverContext)) {
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

/**
 * The body, or undefined if it is longer than allowed; for both framings of HTTP/1.1.
 * @param hold called with the size of each part; reading ends with what it throws
 */
export async function readLimited(
  request: Request,
  maxBytes: number,
  hold: (bytes: number) => void = () => {},
): Promise<Buffer<ArrayBuffer> | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
    return undefined;
  }
  // Copied into one piece: a body may come byte by byte, and each part would cost a hundred times that.
  let body = Buffer.alloc(Math.min(FIRST_BYTES, maxBytes));
  let length = 0;
  // A body that is too long is not canceled: that would close the connection before the response.
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) {
      return body.subarray(0, length);
    }
    if (length + value.length > maxBytes) {
      return undefined;
    }
    hold(value.length);
    if (length + value.length > body.length) {
      const larger = Buffer.alloc(Math.min(maxBytes, 2 * (length + value.length)));
      body.copy(larger);
      body = larger;
    }
    body.set(value, length);
    length += value.length;
  }
}

/** Most bodies have less. */
const FIRST_BYTES = 4_096;

const DEFAULTS = Object.entries(RESPONSE_HEADERS);

/** On every response: {@link RESPONSE_HEADERS} and the id of the request. */
export function useResponseHeaders({ requestId }: ResponseHeadersOptions): Plugin {
  return {
    onResponse: ({ response: { headers, status } }) => {
      for (const [name, value] of DEFAULTS) {
        if (!headers.has(name)) {
          headers.set(name, value);
        }
      }
      if (status === 413) {
        // The rest of a body that is too long is not read, so the connection cannot be reused.
        headers.set('connection', 'close');
      }
      if (/^(?:text\/event-stream|multipart\/mixed)/.test(headers.get('content-type') ?? '')) {
        // nginx would collect the events in a buffer; `none` is no coding that a proxy knows.
        headers.set('x-accel-buffering', 'no');
        headers.delete('content-encoding');
      }
      const id = requestId();
      if (id !== undefined) {
        headers.set(REQUEST_ID, id);
      }
    },
  };
}
