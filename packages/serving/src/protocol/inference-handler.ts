import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelServer } from '../model-server.ts';
import { ServingError } from '../serving-error.ts';
import { ClientPresence } from './client-presence.ts';
import { decodeInferRequest } from './decode-infer-request.ts';
import { encodeInferResponse } from './encode-infer-response.ts';
import { toHttpError } from './http-error.ts';
import { readBody } from './read-body.ts';
import { parseV2Path, type V2Path } from './v2-path.ts';

/** Options of {@link createInferenceHandler}. */
export interface InferenceHandlerOptions {
  /**
   * Bodies larger than this are refused, in bytes.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBodyBytes?: number;
  /**
   * Name of the server in `GET /v2`.
   * @defaultValue "fairlead"
   */
  readonly serverName?: string;
  /**
   * Version of the server in `GET /v2`.
   * @defaultValue "0"
   */
  readonly serverVersion?: string;
  /** Reads the request's id, which is passed on to upstreams. */
  readonly requestId?: (req: IncomingMessage) => string | undefined;
  /** Told of errors that are faults of the server's own, which clients don't get to see. */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
}

/** A `node:http` handler that Express takes as well; hands on what isn't its own. */
export type InferenceHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Makes the handler of the Open Inference Protocol (V2, REST, JSON tensors) for a model server.
 *
 * In Express mount it before `express.json()`: it reads the body itself.
 *
 * Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function createInferenceHandler(
  server: ModelServer,
  {
    maxBodyBytes = 16 * 1024 * 1024,
    serverName = 'fairlead',
    serverVersion = '0',
    requestId = () => undefined,
    onError = () => undefined,
  }: InferenceHandlerOptions = {},
): InferenceHandler {
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new ServingError(
      'ERR_SERVING_INVALID_OPTION',
      `maxBodyBytes is ${maxBodyBytes}; it must be a whole number from 1`,
    );
  }
  const serverMetadata = JSON.stringify({
    name: serverName,
    version: serverVersion,
    extensions: [],
  });

  async function answer(path: V2Path, req: IncomingMessage, res: ServerResponse): Promise<void> {
    switch (path.type) {
      case 'server':
        reply(res, 200, serverMetadata);
        return;
      case 'live':
        reply(res, 200, '{"live":true}');
        return;
      case 'ready': {
        const ready = await server.ready();
        // Clients disagree on the key.
        reply(res, ready ? 200 : 503, JSON.stringify({ live: true, ready }));
        return;
      }
      case 'model-ready': {
        const status = await server.status(path.model);
        const ready = status.ready && (path.version ?? status.version) === status.version;
        reply(
          res,
          ready ? 200 : 503,
          JSON.stringify({
            name: status.name,
            ready,
            ...(status.reason !== undefined && { reason: status.reason }),
          }),
        );
        return;
      }
      case 'metadata':
        reply(res, 200, JSON.stringify(describe(path.model, path.version)));
        return;
      case 'infer':
        await infer(path, req, res);
    }
  }

  function describe(model: string, version: string | undefined): object {
    const { label, signature, runtime } = server.find({ model, version });
    return {
      name: label.model,
      versions: [label.version],
      platform: runtime.platform,
      inputs: signature.inputs,
      outputs: signature.outputs,
    };
  }

  async function infer(
    { model, version }: { readonly model: string; readonly version?: string },
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    // An unknown model is told before its body is read.
    server.find({ model, version });
    checkMediaType(req);
    const body = await readBody(req, maxBodyBytes);
    const result = await server.infer({ model, version }, () => decodeInferRequest(body), {
      signal: new ClientPresence(res),
      requestId: requestId(req),
    });
    res.setHeader('fairlead-model', result.model);
    res.setHeader('fairlead-version', result.version);
    reply(res, 200, encodeInferResponse(result));
  }

  function reply(res: ServerResponse, status: number, body: string): void {
    res.statusCode = status;
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-length', Buffer.byteLength(body));
    // A server that drains asks its clients to come back on another connection, which reaches another host.
    if (server.draining) res.setHeader('connection', 'close');
    res.end(body);
  }

  function fail(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    const { status, message, retryAfterSeconds } = toHttpError(error);
    if (status === 500) onError(error, req);
    if (res.headersSent || res.destroyed) {
      res.destroy();
      return;
    }
    if (retryAfterSeconds !== undefined) res.setHeader('retry-after', retryAfterSeconds);
    reply(res, status, JSON.stringify({ error: message }));
  }

  return function inference(req, res, next) {
    const path = parseV2Path(req.url ?? '/');
    if (path === undefined) {
      if (next) next();
      else
        fail(
          new ServingError(
            'ERR_SERVING_PATH_NOT_FOUND',
            `nothing is at ${JSON.stringify(req.url?.slice(0, 200))}`,
          ),
          req,
          res,
        );
      return;
    }
    const allowed = path.type === 'infer' ? ['POST'] : ['GET', 'HEAD'];
    if (!allowed.includes(req.method ?? '')) {
      res.setHeader('allow', allowed.join(', '));
      fail(
        new ServingError(
          'ERR_SERVING_METHOD_NOT_ALLOWED',
          `use ${allowed.join(' or ')} here, not ${req.method ?? ''}`,
        ),
        req,
        res,
      );
      return;
    }
    answer(path, req, res).catch((error: unknown) => {
      fail(error, req, res);
    });
  };
}

function checkMediaType({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  // tritonclient sends JSON without any type.
  if (type !== undefined && type !== 'application/json') {
    throw new ServingError(
      'ERR_SERVING_UNSUPPORTED_MEDIA_TYPE',
      `send application/json, not ${JSON.stringify(type)}`,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ServingError(
      'ERR_SERVING_UNSUPPORTED_MEDIA_TYPE',
      `send the body without Content-Encoding, not ${JSON.stringify(encoding)}`,
    );
  }
}
