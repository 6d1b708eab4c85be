import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientCodec } from '../codec/client-codec.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { decodeBody } from '../protocol/decode-body.ts';
import type { InferRoute, Protocol } from '../protocol/protocol.ts';
import { pathOf } from '../protocol/request-route.ts';
import { checkMediaType } from '../protocol/media-type.ts';
import { receiveBody } from '../protocol/receive-body.ts';
import { DECODED, packDecoded } from './decoded-body.ts';
import { stored } from './job-errors.ts';
import type { ResolvedJobHandlerOptions } from './job-handler-options.ts';
import type { StoredJob } from './job-queue.ts';
import { idempotencyKeyOf, routeIfReady, storedHeaders } from './request-headers.ts';

/**
 * Checks a request and stores it as a job.
 *
 * @throws ServingError for a request that a synchronous one would be rejected for as well, for a webhook that isn't allowed,
 * and for the limits and failures of the queue.
 */
export async function acceptJob(
  server: ModelServer,
  { route, protocol }: { readonly route: InferRoute; readonly protocol: Protocol },
  {
    queue,
    maxBodyBytes,
    bodies,
    codec,
    owner,
    client,
    requestId,
    routingKey,
    webhooks,
  }: ResolvedJobHandlerOptions,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<StoredJob> {
  const model = routeIfReady(server, route.target);
  checkMediaType(req, route.mediaTypes ?? protocol.mediaTypes);
  const webhookUrl = webhookOf(req, webhooks);
  const idempotencyKey = idempotencyKeyOf(req);
  const ownedBy = owner(req);
  const id = requestId(req);
  const key = routingKey(req);
  const planned = {
    model: route.target.model,
    ...(ownedBy !== undefined && { owner: ownedBy }),
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
  // Before the body is read; a repeated request needs no room.
  if (idempotencyKey === undefined) await stored(queue.requireRoom(planned));
  const body = await receiveBody(req, res, { maxBodyBytes, bodies, client });
  const ofClient = new ClientCodec(codec, () => client(req));
  const decoded = await decodeBody(route.open(req.headers), body, model, ofClient);
  return stored(
    queue.enqueue({
      path: pathOf(req.url ?? '/'),
      headers: storedHeaders(req),
      ...planned,
      ...(decoded === undefined
        ? { body }
        : { body: packDecoded(decoded), sentBody: body, bodyFormat: DECODED }),
      ...(id !== undefined && { requestId: id }),
      ...(key !== undefined && { routingKey: key }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    }),
  );
}

function webhookOf(
  { headers }: IncomingMessage,
  webhooks: ResolvedJobHandlerOptions['webhooks'],
): string | undefined {
  const url = headers['fairlead-webhook'];
  if (url === undefined) return undefined;
  if (typeof url === 'string' && webhooks?.allows(url) === true) return url;
  const message =
    webhooks === undefined
      ? 'webhooks are not configured on this server; remove the header Fairlead-Webhook and poll the job'
      : 'Fairlead-Webhook is not among the allowed destinations of webhooks of this server';
  throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
}
