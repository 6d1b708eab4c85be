import type { OptionNames } from '@fairlead/signature';
import type { IncomingMessage } from 'node:http';
import type { WebhookSender } from '@fairlead/webhooks';
import { CodecPool } from '../codec/codec-pool.ts';
import type { Codec } from '../codec/codec.ts';
import { checkFunctions, checkMethods, returnsText } from '../errors/check-functions.ts';
import { checkInteger, checkOptions } from '../errors/check-options.ts';
import { safeListener, warnOfFailure } from '../errors/safe-listener.ts';
import { ServingError } from '../errors/serving-error.ts';
import { BodyMemory, DEFAULT_BODY_MEMORY_BYTES } from '../protocol/body-memory.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { JobQueue } from './job-queue.ts';

/** Options of {@link jobHandler}. */
export interface JobHandlerOptions {
  /** Queue of the jobs, such as one of `@fairlead/jobs`. */
  readonly queue: JobQueue;
  /**
   * Protocols whose requests may be answered asynchronously; those of the inference handler.
   * @defaultValue the Open Inference Protocol, `[openInference()]`
   */
  readonly protocols?: readonly Protocol[];
  /**
   * Path of the jobs.
   * @defaultValue "/v2/jobs"
   */
  readonly path?: string;
  /**
   * Maximum size of a body in bytes.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBodyBytes?: number;
  /**
   * Memory of all bodies together; share it with the inference handler.
   * @defaultValue 134217728 (128 MiB) for this handler
   */
  readonly bodies?: BodyMemory;
  /**
   * Decodes large bodies in other threads, to reject invalid requests; share that of the inference handler.
   * @defaultValue a pool of two threads for this handler
   */
  readonly codec?: Codec;
  /**
   * Returns the client of a request, which is the only one that can read its jobs. Jobs without an owner can be read by
   * any client that knows their id.
   * @defaultValue no owner
   */
  readonly owner?: (req: IncomingMessage) => string | undefined;
  /**
   * Returns the client whose large bodies have a share of `bodies` and of the codec's queue; above the share it gets 429.
   * @defaultValue `owner`
   */
  readonly client?: (req: IncomingMessage) => string | undefined;
  /**
   * Rejects a client that may not use a model, by throwing: called with the model of a job before the job is described,
   * its result is read, or it is canceled or deleted. It must decide at once: a promise is an error. The error is passed to `next`;
   * without `next` the status is 403.
   */
  readonly authorize?: (req: IncomingMessage, model: string) => void;
  /** Returns the id of a request, which is forwarded to upstreams. */
  readonly requestId?: (req: IncomingMessage) => string | undefined;
  /**
   * Returns the key that the server's `router` assigns versions by; that of the inference handler. It is stored with the job.
   * @defaultValue the owner of the job, else the id of its request
   */
  readonly routingKey?: (req: IncomingMessage) => string | undefined;
  /** Allowed destinations of webhooks, such as a {@link WebhookSender}; without it requests with a webhook are rejected. */
  readonly webhooks?: Pick<WebhookSender, 'allows'>;
  /** Called for errors of the server, whose details clients don't see. */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
}

const optionNames: OptionNames<JobHandlerOptions> = {
  queue: 'required',
  protocols: 'optional',
  path: 'optional',
  maxBodyBytes: 'optional',
  bodies: 'optional',
  codec: 'optional',
  owner: 'optional',
  client: 'optional',
  authorize: 'optional',
  requestId: 'optional',
  routingKey: 'optional',
  webhooks: 'optional',
  onError: 'optional',
};

/** Methods of a queue. */
const QUEUE_METHODS = [
  'requireRoom',
  'enqueue',
  'get',
  'describe',
  'outcome',
  'cancel',
  'remove',
] as const satisfies readonly (keyof JobQueue)[];

/** Options with their defaults. */
export type ResolvedJobHandlerOptions = Required<Omit<JobHandlerOptions, 'webhooks'>> &
  Pick<JobHandlerOptions, 'webhooks'>;

/**
 * Checks the options and adds the defaults.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function resolveJobHandlerOptions(options: JobHandlerOptions): ResolvedJobHandlerOptions {
  const {
    protocols = [openInference()],
    path = '/v2/jobs',
    maxBodyBytes = 16 * 1024 * 1024,
    bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES),
    codec = new CodecPool(),
    owner = () => undefined,
    client = owner,
    authorize = () => undefined,
    requestId = () => undefined,
    routingKey = () => undefined,
    onError = () => undefined,
    ...rest
  } = checkOptions('jobHandler', options, optionNames);
  checkInteger('maxBodyBytes', maxBodyBytes);
  if (!/^(?:\/[\w.~-]+)+$/.test(path)) {
    const message = `path is ${JSON.stringify(path)}; it must be like "/v2/jobs"`;
    throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
  }
  checkFunctions({ owner, client, authorize, requestId, routingKey, onError });
  checkMethods('queue', rest.queue, QUEUE_METHODS);
  checkMethods('webhooks', rest.webhooks, ['allows']);
  const functions = {
    owner: returnsText('owner', owner),
    client: returnsText('client', client),
    authorize,
    requestId: returnsText('requestId', requestId),
    routingKey: returnsText('routingKey', routingKey),
    onError: safeListener(onError, warnOfFailure('onError')),
  };
  return { protocols, path, maxBodyBytes, bodies, codec, ...functions, ...rest };
}
