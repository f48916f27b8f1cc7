import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Texts of documents by id; nothing else is executed. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** What a caller sends instead of a document. */
export interface DocumentRequest {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/**
 * Executes only documents of the manifest, identified by their id, over HTTP.
 * @param documents undefined if every document may be executed: then clients that send only a hash
 * first (automatic persisted queries) learn that they have to send the text
 */
export function useTrustedDocuments(documents: TrustedDocuments | undefined): Plugin {
  if (documents === undefined) {
    return {
      onParams: ({ params }) => {
        if (!params.query && idOf(params) !== undefined) {
          throw noPersistedQueries();
        }
      },
    };
  }
  return usePersistedOperations({
    getPersistedOperation: (id) => documents.get(id) ?? null,
    extractPersistedOperationId: (params) => idOf(params) ?? null,
    customErrors: {
      notFound: unknownDocument,
      keyNotFound: noDocumentId,
      persistedQueryOnly: documentsOnly,
    },
  });
}

/**
 * The document that a request over another transport identifies.
 * @param documents undefined if every document may be executed
 * @throws GraphQLError
 */
export function documentOf(
  documents: TrustedDocuments | undefined,
  request: DocumentRequest & { readonly query: string },
): string {
  if (documents === undefined) {
    if (!request.query && idOf(request) !== undefined) {
      throw noPersistedQueries();
    }
    return request.query;
  }
  if (request.query) {
    throw documentsOnly();
  }
  const id = idOf(request);
  const document = id === undefined ? undefined : documents.get(id);
  if (document === undefined) {
    throw id === undefined ? noDocumentId() : unknownDocument();
  }
  return document;
}

/** `documentId` as in GraphQL over HTTP, or the `persistedQuery` of Apollo clients. */
function idOf({ documentId, extensions }: DocumentRequest): string | undefined {
  const hash = member(member(extensions, 'persistedQuery'), 'sha256Hash');
  const id = typeof documentId === 'string' ? documentId : hash;
  return typeof id === 'string' ? id.replace(/^(?:sha256|sha1|md5):/, '') : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}

/** Message, code and status are those of the protocol: clients then send the text. */
function noPersistedQueries(): GraphQLError {
  return new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  });
}

function documentsOnly(): GraphQLError {
  const message =
    'Only trusted documents are executed. Send the id of a document instead of a query.';
  return refused(message, 'TRUSTED_DOCUMENTS_ONLY');
}

function noDocumentId(): GraphQLError {
  const message =
    'Missing document id. Send it as documentId, or as extensions.persistedQuery.sha256Hash.';
  return refused(message, 'DOCUMENT_ID_REQUIRED');
}

function unknownDocument(): GraphQLError {
  const message = 'Unknown document id. Add the document to the manifest of this server.';
  return refused(message, 'DOCUMENT_NOT_FOUND');
}

function refused(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } });
}
