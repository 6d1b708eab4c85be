import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientCodec } from '../codec/client-codec.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { ClientPresence } from '../protocol/client-presence.ts';
import { checkMediaType } from '../protocol/media-type.ts';
import type { InferRoute, Reply, Route } from '../protocol/protocol.ts';
import { receiveBody } from '../protocol/receive-body.ts';
import { resultHeaders, sendReply } from '../protocol/respond.ts';
import { runExchange } from '../protocol/run-exchange.ts';
import type { ResolvedInferenceHandlerOptions } from './inference-handler-options.ts';
import { requestTimeoutMs } from './request-timeout.ts';

const NO_BODY = Promise.resolve(Buffer.alloc(0));

/**
 * Answers a request with its route.
 *
 * @throws ServingError and SignatureError for requests that are rejected, and what a runtime throws; nothing was sent then.
 */
export async function answerRequest(
  server: ModelServer,
  options: ResolvedInferenceHandlerOptions,
  route: Route,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { method = '' } = req;
  if (!route.methods.includes(method)) {
    res.setHeader('allow', route.methods.join(', '));
    const message = `use ${route.methods.join(' or ')} for this path, not ${method}`;
    throw new ServingError('ERR_SERVING_METHOD_NOT_ALLOWED', message);
  }
  const reply =
    route.target === undefined
      ? await route.answer({ server, req, body: await receive(options, route, req, res) })
      : await infer(server, options, route, req, res);
  sendReply(res, reply, server);
}

async function infer(
  server: ModelServer,
  options: ResolvedInferenceHandlerOptions,
  route: InferRoute,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Reply> {
  const { codec } = options;
  const client = options.client?.(req);
  const requestId = options.requestId(req);
  const routingKey = options.routingKey(req) ?? client ?? requestId;
  const model = server.route(route.target, routingKey);
  // Before the body is read: under overload most of the work goes into requests that are rejected.
  model.refuseIfFull(client);
  const exchange = route.open(req.headers);
  const { binaryAt } = exchange;
  const body = await receive(options, route, req, res, binaryAt);
  const presence = new ClientPresence(res);
  const context = {
    signal: presence,
    answer: presence,
    requestId,
    client,
    routingKey,
    trace: req,
    timeoutMs: requestTimeoutMs(req),
    charge: options.charge?.(req),
  };
  const ofClient = options.client === undefined ? codec : new ClientCodec(codec, () => client);
  const ownsBody = binaryAt !== undefined;
  const inferred = await runExchange(exchange, body, model, context, ofClient, ownsBody);
  const headers = resultHeaders(inferred.result);
  for (const name in headers) res.setHeader(name, headers[name] ?? '');
  const { tracer } = server;
  if (tracer === undefined) return exchange.encode(inferred, ofClient);
  const startedAt = performance.now();
  const reply = await exchange.encode(inferred, ofClient);
  tracer.encoded({ trace: req, startedAt, endedAt: performance.now() });
  return reply;
}

function receive(
  { maxBodyBytes, bodies, client }: ResolvedInferenceHandlerOptions,
  route: Route,
  req: IncomingMessage,
  res: ServerResponse,
  binaryAt?: number,
): Promise<Buffer> {
  if (route.mediaTypes === undefined) return NO_BODY;
  checkMediaType(req, route.mediaTypes);
  const limit = Math.min(maxBodyBytes, route.maxBodyBytes ?? Infinity);
  return receiveBody(req, res, { maxBodyBytes: limit, bodies, client, binaryAt });
}
