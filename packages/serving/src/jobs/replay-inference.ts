import { checkInteger, checkMethod, checkOptions } from '../errors/check-options.ts';
import { checkFunctions } from '../errors/check-functions.ts';
import type { OptionNames } from '@fairlead/signature';
import type { Codec } from '../codec/codec.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import type { Inferred } from '../inference/infer-request.ts';
import type { Charge } from '../inference/charge.ts';
import type { InferenceExchange, Protocol, Reply } from '../protocol/protocol.ts';
import { findRoute, type ProtocolRoute } from '../protocol/request-route.ts';
import { toHttpError } from '../protocol/http-error.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import { ServingError } from '../errors/serving-error.ts';
import { errorHeaders, resultHeaders } from '../protocol/respond.ts';
import { runExchange } from '../protocol/run-exchange.ts';
import { unpackDecoded } from './decoded-body.ts';
import type { JobResponse, StoredRequest } from './job-queue.ts';

/** Options of {@link replayInference}. */
export interface ReplayInferenceOptions {
  /**
   * Protocols of the jobs; those of the handler that accepts them.
   * @defaultValue the Open Inference Protocol, `[openInference()]`
   */
  readonly protocols?: readonly Protocol[];
  /**
   * Timeout of one run of a job, with its wait for more urgent requests, in milliseconds.
   * @defaultValue 600000 (ten minutes)
   */
  readonly runTimeoutMs?: number;
  /**
   * Decodes and encodes large bodies in other threads; share that of the inference handler.
   * @defaultValue both happen on the event loop
   */
  readonly codec?: Codec;
  /**
   * Returns the function that charges the owner of a job for its cost when it runs; a charge that fails fails the job.
   * @defaultValue none
   */
  readonly charge?: (request: StoredRequest) => Charge | undefined;
  /** Called for errors of the server, whose details clients don't see. */
  readonly onError?: (error: unknown) => void;
}

const optionNames: OptionNames<ReplayInferenceOptions> = {
  protocols: 'optional',
  runTimeoutMs: 'optional',
  codec: 'optional',
  charge: 'optional',
  onError: 'optional',
};

/** A hundred years: the deadline of a run needs no timer. */
const MAX_RUN_TIMEOUT_MS = 100 * 366 * 24 * 3_600_000;

/** Result of one run of a job. */
export interface JobRun {
  readonly response: JobResponse;
  /** Model version that computed the response; absent when none did. */
  readonly version?: string;
}

/** Runs a job once. */
export type RunJob = (request: StoredRequest, body: Buffer, signal: AbortSignal) => Promise<JobRun>;

/**
 * Creates the function that runs jobs on a model server: each gets the bytes of a synchronous response, from the version
 * that is current when it runs, after every request that a client waits for.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { ModelServer, replayInference } from '@fairlead/serving';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const run = replayInference(models, { runTimeoutMs: 60_000 });
 * const request = { path: '/v2/models/digits/infer', headers: {}, model: 'digits' };
 * const { response } = await run(request, Buffer.from('{}'), new AbortController().signal);
 * console.log(response.status, response.headers['fairlead-error']); // 404 ERR_SERVING_MODEL_NOT_FOUND
 * ```
 */
export function replayInference(server: ModelServer, options: ReplayInferenceOptions = {}): RunJob {
  checkMethod('replayInference', 'a ModelServer', server, 'route');
  const {
    protocols = [openInference()],
    runTimeoutMs = 600_000,
    codec,
    charge,
    onError = () => undefined,
  } = checkOptions('replayInference', options, optionNames);
  checkInteger('runTimeoutMs', runTimeoutMs, 1, MAX_RUN_TIMEOUT_MS);
  checkFunctions({ charge });
  const [fallback = openInference()] = protocols;

  async function infer(
    found: ProtocolRoute | undefined,
    stored: StoredRequest,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<Encodable> {
    const { path, headers, owner, requestId, bodyFormat } = stored;
    if (found?.route.target === undefined) throw pathNotFound(path);
    const exchange = found.route.open(headers);
    const routingKey = stored.routingKey ?? owner ?? requestId;
    const model = server.route(found.route.target, routingKey);
    const context = {
      ...{ signal, requestId, routingKey, timeoutMs: runTimeoutMs, background: true },
      charge: charge?.(stored),
    };
    if (bodyFormat === undefined) {
      return { exchange, inferred: await runExchange(exchange, body, model, context, codec) };
    }
    const decoded = unpackDecoded(bodyFormat, body);
    return { exchange, inferred: await model.infer(() => decoded, context) };
  }

  function fail(error: unknown, protocol: Protocol, headers?: JobResponse['headers']): JobResponse {
    const described = toHttpError(error);
    if (described.status === 500) onError(error);
    const reply = { status: described.status, body: protocol.describeError(described) };
    return toResponse(reply, { ...headers, ...errorHeaders(error, undefined) });
  }

  return async function replay(request, body, signal) {
    const found = findRoute(protocols, request.path);
    const protocol = found?.protocol ?? fallback;
    let answered: Encodable;
    try {
      answered = await infer(found, request, body, signal);
    } catch (error) {
      return { response: fail(error, protocol) };
    }
    const { exchange, inferred } = answered;
    const { version } = inferred.result;
    const headers = resultHeaders(inferred.result);
    try {
      return { response: toResponse(await exchange.encode(inferred, codec), headers), version };
    } catch (error) {
      return { response: fail(error, protocol, headers), version };
    }
  };
}

/** An inference with the exchange that encodes it. */
interface Encodable {
  readonly exchange: InferenceExchange;
  readonly inferred: Inferred;
}

function pathNotFound(path: string): ServingError {
  const message = `no route matches ${JSON.stringify(path.slice(0, 200))} any more`;
  return new ServingError('ERR_SERVING_PATH_NOT_FOUND', message);
}

function toResponse(
  { status = 200, body, contentType = 'application/json', headers }: Reply,
  ofResult: Readonly<Record<string, string>>,
): JobResponse {
  return {
    status,
    headers: { 'content-type': contentType, ...ofResult, ...headers },
    body: Buffer.from(body as string),
  };
}
