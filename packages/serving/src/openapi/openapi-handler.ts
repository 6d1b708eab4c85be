import { checkFunctions, wrongResult } from '../errors/check-functions.ts';
import { checkOptions, invalidArgument } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { IncomingMessage } from 'node:http';
import type { LoadedVersion } from '../models/loaded-version.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { mountPrefix } from '../protocol/mount-prefix.ts';
import { pathOf } from '../protocol/request-route.ts';
import type { InferenceHandler } from '../http/inference-handler.ts';
import { openApiDocument, type OpenApiDocumentOptions } from './openapi-document.ts';

/** Options of {@link openApiHandler}. */
export interface OpenApiHandlerOptions extends Omit<OpenApiDocumentOptions, 'showsExample'> {
  /**
   * Path of the document.
   * @defaultValue "/openapi.json"
   */
  readonly path?: string;
  /**
   * Returns whether the client of a request may see an example of a model's input, which may be a real one: for example whether
   * the client may infer with the model.
   * @defaultValue every client may
   */
  readonly showsExample?: (req: IncomingMessage, model: string) => boolean;
}

const optionNames: OptionNames<OpenApiHandlerOptions> = {
  protocols: 'required',
  title: 'optional',
  version: 'optional',
  secured: 'optional',
  furtherPaths: 'optional',
  path: 'optional',
  showsExample: 'optional',
};

/** Documents that are stored: clients with different scopes see different examples. */
const MAX_TEXTS = 32;

/**
 * Creates the handler that answers with the OpenAPI 3.1 document of the currently loaded models, and passes every other request
 * to `next`.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { ModelServer, openApiHandler, openInference } from '@fairlead/serving';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const handler = openApiHandler(models, { protocols: [openInference()], path: '/openapi.json' });
 * console.log(handler.name); // openApi
 * ```
 */
export function openApiHandler(
  server: Pick<ModelServer, 'loadedVersions'>,
  given: OpenApiHandlerOptions,
): InferenceHandler {
  const served = server as Partial<typeof server> | undefined;
  if (!Array.isArray(served?.loadedVersions)) {
    throw invalidArgument('openApiHandler', 'a ModelServer', server);
  }
  const {
    path = '/openapi.json',
    showsExample = () => true,
    ...options
  } = checkOptions('openApiHandler', given, optionNames);
  checkFunctions({ showsExample });
  let described: readonly LoadedVersion[] = [];
  /** By the models whose examples are shown. */
  const texts = new Map<string, string>();

  function currentText(req: IncomingMessage): string {
    const { loadedVersions: loaded } = server;
    const same =
      loaded.length === described.length && loaded.every((each, at) => each === described[at]);
    if (!same) texts.clear();
    described = loaded;
    const shown = new Set(
      loaded
        .map(({ label }) => label.model)
        .filter((model) => checkShown(showsExample(req, model))),
    );
    const prefix = mountPrefix(req);
    const key = JSON.stringify([prefix, ...shown]);
    const stored = texts.get(key);
    if (stored !== undefined) return stored;
    const document = openApiDocument(loaded, {
      ...options,
      showsExample: (model) => shown.has(model),
    });
    const text = JSON.stringify({ ...document, ...(prefix && { servers: [{ url: prefix }] }) });
    if (texts.size >= MAX_TEXTS) texts.clear();
    texts.set(key, text);
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
    let body: string;
    try {
      body = currentText(req);
    } catch (error) {
      if (next !== undefined) {
        next(error);
        return;
      }
      res.statusCode = 500;
      res.end();
      return;
    }
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-length', Buffer.byteLength(body));
    res.end(body);
  };
}

/** @throws ServingError for a promise, which would count as true, and any other value. */
function checkShown(shown: unknown): boolean {
  if (typeof shown === 'boolean') return shown;
  throw wrongResult('showsExample', shown, 'true or false');
}
