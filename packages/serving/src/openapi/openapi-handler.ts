import type { LoadedVersion } from '../models/loaded-version.ts';
import type { ModelServer } from '../model-server.ts';
import { pathOf } from '../protocol/dialect.ts';
import type { InferenceHandler } from '../protocol/inference-handler.ts';
import { openApiDocument, type OpenApiDocumentOptions } from './openapi-document.ts';

/** Options of {@link openApiHandler}. */
export interface OpenApiHandlerOptions extends OpenApiDocumentOptions {
  /**
   * Where the document is.
   * @defaultValue "/openapi.json"
   */
  readonly path?: string;
}

/**
 * Makes the handler that answers with the OpenAPI 3.1 document of the models that are loaded at the moment; hands on
 * every other request.
 */
export function openApiHandler(
  server: Pick<ModelServer, 'loaded'>,
  { path = '/openapi.json', ...options }: OpenApiHandlerOptions,
): InferenceHandler {
  let described: readonly LoadedVersion[] = [];
  let text: string | undefined;

  function currentText(): string {
    const { loaded } = server;
    const same =
      loaded.length === described.length && loaded.every((each, at) => each === described[at]);
    if (text !== undefined && same) return text;
    described = loaded;
    text = JSON.stringify(openApiDocument(loaded, options));
    return text;
  }

  return function openApi(req, res, next) {
    const reads = req.method === 'GET' || req.method === 'HEAD';
    if (!reads || pathOf(req.url ?? '/') !== path) {
      if (next !== undefined) {
        next();
        return;
      }
      res.statusCode = 404;
      res.end();
      return;
    }
    const body = currentText();
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-length', Buffer.byteLength(body));
    res.end(body);
  };
}
