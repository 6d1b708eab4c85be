import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebhookSender } from '@fairlead/webhooks';
import { ClientCodec } from '../codec/client-codec.ts';
import { CodecPool } from '../codec/codec-pool.ts';
import type { Codec } from '../codec/codec.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { BodyMemory, DEFAULT_BODY_MEMORY_BYTES } from '../protocol/body-memory.ts';
import { decodeBody } from '../protocol/decode-body.ts';
import {
  findRoute,
  pathOf,
  type Dialect,
  type InferRoute,
  type Reply,
} from '../protocol/dialect.ts';
import { toHttpError } from '../protocol/http-error.ts';
import type { InferenceHandler } from '../http/inference-handler.ts';
import { checkMediaType } from '../protocol/media-type.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import { receiveBody } from '../protocol/receive-body.ts';
import { sendError, sendReply } from '../protocol/respond.ts';
import { ServingError } from '../errors/serving-error.ts';
import { checkLimits } from './check-limits.ts';
import { DECODED, packDecoded } from './decoded-body.ts';
import {
  authorized,
  isFaultOfOurs,
  NotAuthorized,
  notFound,
  stored,
  visible,
} from './job-errors.ts';
import type { JobQueue, StoredJob } from './job-queue.ts';
import { prefersAsync } from './prefer.ts';
import { idempotencyKeyOf, routeIfReady, storedHeaders } from './request-headers.ts';

/** Options of {@link createJobHandler}. */
export interface JobHandlerOptions {
  readonly queue: JobQueue;
  /**
   * The protocols whose requests may be answered later; those of the inference handler behind.
   * @defaultValue the Open Inference Protocol, `[openInference()]`
   */
  readonly dialects?: readonly Dialect[];
  /**
   * Below which path jobs are found.
   * @defaultValue "/v2/jobs"
   */
  readonly path?: string;
  /**
   * Bodies larger than this are refused, in bytes.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBodyBytes?: number;
  /**
   * The memory that bodies may take together; share it with the inference handler.
   * @defaultValue 134217728 (128 MiB) for this handler
   */
  readonly bodies?: BodyMemory;
  /**
   * Decodes large bodies in other threads, to reject what can't be read; share that of the inference handler.
   * @defaultValue a pool of two threads for this handler
   */
  readonly codec?: Codec;
  /** Who asks: only they see their jobs. Without it, or for undefined, whoever knows a job's id does. */
  readonly owner?: (req: IncomingMessage) => string | undefined;
  /**
   * Finds the client whose large bodies take a part of `bodies` and of the codec's queue, over which it gets 429.
   * @defaultValue `owner`
   */
  readonly client?: (req: IncomingMessage) => string | undefined;
  /**
   * Refuses a client that may not use a model, by throwing: called with the model of a job before the job is described,
   * its answer is read, or it is canceled or deleted. What it throws goes to `next`; without one the answer is 403.
   */
  readonly authorize?: (req: IncomingMessage, model: string) => void;
  /** Reads the request's id, which is passed on to upstreams. */
  readonly requestId?: (req: IncomingMessage) => string | undefined;
  /** Says where webhooks may go, such as a {@link WebhookSender}; without it there are none. */
  readonly webhooks?: Pick<WebhookSender, 'allows'>;
  /** Told of errors that are faults of the server's own, which clients don't get to see. */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
}

const READ = ['GET', 'HEAD'];
const ASK_AGAIN_SECONDS = 1;
const NO_STORE = { 'cache-control': 'no-store' };

/**
 * Makes the handler of inference that is answered later: it takes requests with `Prefer: respond-async` (RFC 7240), and
 * answers for the jobs that come of them. Everything else it hands on; mount it before the inference handler.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function createJobHandler(
  server: ModelServer,
  {
    queue,
    dialects = [openInference()],
    path: root = '/v2/jobs',
    maxBodyBytes = 16 * 1024 * 1024,
    bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES),
    codec = new CodecPool(),
    owner = () => undefined,
    client = owner,
    authorize = () => undefined,
    requestId = () => undefined,
    webhooks,
    onError = () => undefined,
  }: JobHandlerOptions,
): InferenceHandler {
  checkLimits({ maxBodyBytes });
  if (!/^(?:\/[\w.~-]+)+$/.test(root)) {
    const message = `path is ${JSON.stringify(root)}; it must be like "/v2/jobs"`;
    throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
  }
  const [fallback = openInference()] = dialects;

  async function accept(
    route: InferRoute,
    dialect: Dialect,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const { target } = route;
    const model = routeIfReady(server, target);
    checkMediaType(req, route.mediaTypes ?? dialect.mediaTypes);
    const webhookUrl = webhookOf(req);
    const idempotencyKey = idempotencyKeyOf(req);
    const ownedBy = owner(req);
    const id = requestId(req);
    const planned = {
      model: target.model,
      ...(ownedBy !== undefined && { owner: ownedBy }),
      ...(webhookUrl !== undefined && { webhookUrl }),
    };
    // Before the body is read; a repeated request needs no room.
    if (idempotencyKey === undefined) await stored(queue.requireRoom(planned));
    const body = await receiveBody(req, res, { maxBodyBytes, bodies, client });
    const ofClient = new ClientCodec(codec, () => client(req));
    const decoded = await decodeBody(route.open(req.headers), body, model, ofClient);
    const job = await stored(
      queue.enqueue({
        path: pathOf(req.url ?? '/'),
        headers: storedHeaders(req),
        ...planned,
        ...(decoded === undefined
          ? { body }
          : { body: packDecoded(decoded), sentBody: body, bodyFormat: DECODED }),
        ...(id !== undefined && { requestId: id }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      }),
    );
    res.setHeader('location', `${root}/${job.request.id}`);
    res.setHeader('preference-applied', 'respond-async');
    if (job.outcome === undefined) res.setHeader('retry-after', ASK_AGAIN_SECONDS);
    sendJob(res, 202, job);
  }

  async function answer(rest: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [, id = '', result] = /^\/([^/]+)(\/result)?$/.exec(rest) ?? [];
    const allowed = result === undefined ? [...READ, 'DELETE'] : READ;
    const { method = '' } = req;
    if (id === '') {
      throw new ServingError('ERR_SERVING_PATH_NOT_FOUND', `name a job: ${root}/<id>`);
    }
    if (!allowed.includes(method)) {
      res.setHeader('allow', allowed.join(', '));
      const message = `use ${allowed.join(' or ')} here, not ${method}`;
      throw new ServingError('ERR_SERVING_METHOD_NOT_ALLOWED', message);
    }
    const job = visible(await stored(queue.get(id)), owner(req), id);
    // The scope may have been taken away since the job was made.
    authorized(() => {
      authorize(req, job.request.model);
    });
    if (result !== undefined) await replay(job, res);
    else if (method === 'DELETE') await end(job, res);
    else sendJob(res, 200, job);
  }

  /** Cancels a job that waits or runs, and deletes one that has ended. */
  async function end(job: StoredJob, res: ServerResponse): Promise<void> {
    const { id } = job.request;
    const known = job.outcome === undefined ? await stored(queue.cancel(id)) : job;
    if (known?.state === 'canceled') {
      sendJob(res, 200, known);
      return;
    }
    if (!(await stored(queue.remove(id)))) throw notFound(id);
    res.statusCode = 204;
    res.setHeader('cache-control', 'no-store');
    res.end();
  }

  async function replay({ request: { id }, state }: StoredJob, res: ServerResponse): Promise<void> {
    const outcome = await stored(queue.outcome(id));
    if (outcome === undefined) {
      res.setHeader('retry-after', ASK_AGAIN_SECONDS);
      const message = `job ${id} is ${state}; ask again later`;
      throw new ServingError('ERR_SERVING_JOB_NOT_FINISHED', message);
    }
    if (outcome.state === 'canceled') {
      throw new ServingError('ERR_SERVING_JOB_CANCELED', `job ${id} was canceled`);
    }
    const { response, reason = 'no answer' } = outcome;
    if (response === undefined) {
      throw new ServingError('ERR_SERVING_JOB_FAILED', `job ${id} failed: ${reason}`);
    }
    const { status, body, headers } = response;
    send(res, { status, body, headers });
  }

  function webhookOf({ headers }: IncomingMessage): string | undefined {
    const url = headers['fairlead-webhook'];
    if (url === undefined) return undefined;
    if (typeof url === 'string' && webhooks?.allows(url) === true) return url;
    const message =
      webhooks === undefined
        ? 'webhooks are not configured here; leave Fairlead-Webhook out and ask for the job'
        : 'Fairlead-Webhook is not a URL among those that webhooks may go to here';
    throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
  }

  function sendJob(res: ServerResponse, status: number, job: StoredJob): void {
    const address = `${root}/${job.request.id}`;
    const links = { url: address, result_url: `${address}/result` };
    send(res, { status, body: JSON.stringify({ ...queue.describe(job), ...links }) });
  }

  function send(res: ServerResponse, reply: Reply): void {
    sendReply(res, { ...reply, headers: { ...NO_STORE, ...reply.headers } }, server);
  }

  function fail(error: unknown, dialect: Dialect, res: ServerResponse): void {
    sendError(res, error, {
      dialect,
      draining: server.draining,
      headers: NO_STORE,
      describe: (cause) =>
        cause instanceof NotAuthorized
          ? { status: 403, message: cause.message }
          : toHttpError(cause),
      isFault: isFaultOfOurs,
      onError,
    });
  }

  return function jobs(req, res, next) {
    const url = req.url ?? '/';
    if (url.startsWith(root)) {
      const rest = pathOf(url).slice(root.length);
      if (rest === '' || rest.startsWith('/')) {
        answer(rest, req, res).catch((error: unknown) => {
          if (next !== undefined && error instanceof NotAuthorized) next(error.cause);
          else fail(error, fallback, res);
        });
        return;
      }
    }
    if (req.method === 'POST' && prefersAsync(req.headers.prefer)) {
      const found = findRoute(dialects, url);
      if (found?.route.target !== undefined && found.route.methods.includes('POST')) {
        const { route, dialect } = found;
        accept(route, dialect, req, res).catch((error: unknown) => {
          fail(error, dialect, res);
        });
        return;
      }
    }
    if (next !== undefined) {
      next();
      return;
    }
    const message = `nothing is at ${JSON.stringify(pathOf(url).slice(0, 200))}`;
    fail(new ServingError('ERR_SERVING_PATH_NOT_FOUND', message), fallback, res);
  };
}
