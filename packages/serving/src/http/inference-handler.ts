import { checkOptions } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelServer } from '../model-server/model-server.ts';
import { ClientCodec } from '../codec/client-codec.ts';
import { CodecPool } from '../codec/codec-pool.ts';
import type { Codec } from '../codec/codec.ts';
import { ServingError } from '../errors/serving-error.ts';
import { BodyMemory, DEFAULT_BODY_MEMORY_BYTES } from '../protocol/body-memory.ts';
import { ClientPresence } from '../protocol/client-presence.ts';
import {
  findRoute,
  pathOf,
  type Protocol,
  type InferRoute,
  type Reply,
  type Route,
} from '../protocol/protocol.ts';
import { checkMediaType } from '../protocol/media-type.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import { receiveBody } from '../protocol/receive-body.ts';
import { resultHeaders, sendError, sendReply } from '../protocol/respond.ts';
import { runExchange } from '../protocol/run-exchange.ts';

/** Options of {@link inferenceHandler}. */
export interface InferenceHandlerOptions {
  /**
   * The protocols that are spoken; a path belongs to the first one that knows it.
   * @defaultValue the Open Inference Protocol, `[openInference()]`
   */
  readonly protocols?: readonly Protocol[];
  /**
   * Bodies larger than this are refused, in bytes.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBodyBytes?: number;
  /**
   * The memory that bodies may take together; share it with the other protocols of the process.
   * @defaultValue 134217728 (128 MiB) for this handler
   */
  readonly bodies?: BodyMemory;
  /**
   * Decodes and encodes large bodies in other threads, such as a {@link CodecPool}; share it with the other protocols.
   * @defaultValue a pool of two threads for this handler
   */
  readonly codec?: Codec;
  /**
   * Finds the client of a request, such as the owner of its key: one client may take a part of `bodies`, of the codec's
   * queue, and half of a version's queue; over it, it gets 429.
   * @defaultValue no client: only the bounds of all requests apply
   */
  readonly client?: (req: IncomingMessage) => string | undefined;
  /** Reads the request's id, which is passed on to upstreams. */
  readonly requestId?: (req: IncomingMessage) => string | undefined;
  /**
   * Reads the key that the server's `router` assigns versions by, such as a header with the user's id.
   * @defaultValue the client of the request, else its id
   */
  readonly routingKey?: (req: IncomingMessage) => string | undefined;
  /** Called for internal errors of the server, which clients don't see. */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
}

const optionNames: OptionNames<InferenceHandlerOptions> = {
  protocols: 'optional',
  maxBodyBytes: 'optional',
  bodies: 'optional',
  codec: 'optional',
  client: 'optional',
  requestId: 'optional',
  routingKey: 'optional',
  onError: 'optional',
};

/** A `node:http` handler that Express takes as well; hands on what isn't its own. */
export type InferenceHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

const NO_BODY = Promise.resolve(Buffer.alloc(0));

/**
 * Makes the handler of inference over HTTP for a model server, in one or several protocols.
 *
 * In Express mount it before `express.json()`: it reads the body itself.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function inferenceHandler(
  server: ModelServer,
  options: InferenceHandlerOptions = {},
): InferenceHandler {
  const {
    protocols = [openInference()],
    maxBodyBytes = 16 * 1024 * 1024,
    bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES),
    codec = new CodecPool(),
    client,
    requestId = () => undefined,
    routingKey = () => undefined,
    onError = () => undefined,
  } = checkOptions('inferenceHandler', options, optionNames);
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new ServingError(
      'ERR_SERVING_INVALID_OPTION',
      `maxBodyBytes is ${maxBodyBytes}; it must be a whole number from 1`,
    );
  }
  const [fallback = openInference()] = protocols;

  async function answer(route: Route, req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!route.methods.includes(req.method ?? '')) {
      res.setHeader('allow', route.methods.join(', '));
      const message = `use ${route.methods.join(' or ')} for this path, not ${req.method ?? ''}`;
      throw new ServingError('ERR_SERVING_METHOD_NOT_ALLOWED', message);
    }
    const reply =
      route.target === undefined
        ? await route.answer({ server, req, body: await receive(route, req, res) })
        : await infer(route, req, res);
    sendReply(res, reply, server);
  }

  async function infer(
    route: InferRoute,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<Reply> {
    const sender = client?.(req);
    const id = requestId(req);
    const key = routingKey(req) ?? sender ?? id;
    const model = server.route(route.target, key);
    // Before the body is read: under overload most of the work goes into requests that are rejected.
    model.refuseIfFull(sender);
    const body = await receive(route, req, res);
    const exchange = route.open(req.headers);
    const presence = new ClientPresence(res);
    const context = {
      signal: presence,
      answer: presence,
      requestId: id,
      client: sender,
      routingKey: key,
      trace: req,
      timeoutMs: readTimeout(req),
    };
    const ofClient = client === undefined ? codec : new ClientCodec(codec, () => sender);
    const inferred = await runExchange(exchange, body, model, context, ofClient);
    const headers = resultHeaders(inferred.result);
    for (const name in headers) res.setHeader(name, headers[name] ?? '');
    return exchange.encode(inferred, ofClient);
  }

  function receive(route: Route, req: IncomingMessage, res: ServerResponse): Promise<Buffer> {
    if (route.mediaTypes === undefined) return NO_BODY;
    checkMediaType(req, route.mediaTypes);
    const limit = Math.min(maxBodyBytes, route.maxBodyBytes ?? Infinity);
    return receiveBody(req, res, { maxBodyBytes: limit, bodies, client });
  }

  function fail(error: unknown, protocol: Protocol, res: ServerResponse): void {
    sendError(res, error, { protocol, onError, draining: server.draining });
  }

  return function inference(req, res, next) {
    const url = req.url ?? '/';
    const found = findRoute(protocols, url);
    if (found !== undefined) {
      answer(found.route, req, res).catch((error: unknown) => {
        fail(error, found.protocol, res);
      });
      return;
    }
    if (next !== undefined) {
      next();
      return;
    }
    const message = `nothing is at ${JSON.stringify(pathOf(url).slice(0, 200))}`;
    fail(new ServingError('ERR_SERVING_PATH_NOT_FOUND', message), fallback, res);
  };
}

/** The header `Request-Timeout`: how long the client waits, in seconds. */
function readTimeout({ headers }: IncomingMessage): number | undefined {
  const header = headers['request-timeout'];
  if (header === undefined) return undefined;
  const seconds =
    typeof header === 'string' && /^\d{1,9}(?:\.\d{1,6})?$/.test(header) ? Number(header) : 0;
  if (seconds > 0) return seconds * 1000;
  const message = `Request-Timeout is ${JSON.stringify(header)}; it must be a number of seconds above 0`;
  throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
}
