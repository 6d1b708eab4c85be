import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Codec } from '../codec/codec.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { findRoute, type Call, type Dialect, type Reply } from '../protocol/dialect.ts';
import { errorCode, toHttpError } from '../protocol/http-error.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import { ServingError } from '../errors/serving-error.ts';
import { checkLimits } from './check-limits.ts';
import { DECODED, unpackDecoded } from './decoded-body.ts';
import type { JobOrder, JobResponse } from './job.ts';

/** Options of {@link replayInference}. */
export interface ReplayInferenceOptions {
  /**
   * The protocols that jobs may have been asked in; those of the handler that accepts them.
   * @defaultValue the Open Inference Protocol, `[openInference()]`
   */
  readonly dialects?: readonly Dialect[];
  /**
   * How long one run of a job may take, its wait for more urgent requests included, in milliseconds.
   * @defaultValue 600000 (ten minutes)
   */
  readonly runTimeoutMs?: number;
  /**
   * Decodes and encodes large bodies in other threads; share that of the inference handler.
   * @defaultValue both happen on the event loop
   */
  readonly codec?: Codec;
  /** Told of errors that are faults of the server's own, which clients don't get to see. */
  readonly onError?: (error: unknown) => void;
}

/** What one run of a job gave. */
export interface JobRun {
  readonly response: JobResponse;
  /** The version that answered; absent when none did. */
  readonly version?: string;
}

const NO_BODY = Buffer.alloc(0);

/** Runs a job once. */
export type RunJob = (order: JobOrder, body: Buffer, signal: AbortSignal) => Promise<JobRun>;

/**
 * Makes the function that answers jobs by a model server: the same bytes as a request would have got at once, on the
 * version that is current when it runs, after every request that somebody waits for.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function replayInference(
  server: ModelServer,
  {
    dialects = [openInference()],
    runTimeoutMs = 600_000,
    codec,
    onError = () => undefined,
  }: ReplayInferenceOptions = {},
): RunJob {
  checkLimits({ runTimeoutMs });

  return async function replay(order, body, signal) {
    const found = findRoute(dialects, order.path);
    if (found === undefined) {
      const message = `nothing is at ${JSON.stringify(order.path.slice(0, 200))} any more`;
      const error = new ServingError('ERR_SERVING_PATH_NOT_FOUND', message);
      const { status, ...described } = toHttpError(error);
      const text = dialects[0]?.describeError({ status, ...described }) ?? message;
      return { response: toResponse({ status, body: text }, { 'fairlead-error': error.code }) };
    }
    let version: string | undefined;
    const headers: Record<string, string> = {};
    const infer: Call['infer'] = async (target, request) => {
      const result = await server.infer(target, request, {
        signal,
        requestId: order.requestId,
        timeoutMs: runTimeoutMs,
        background: true,
      });
      ({ version } = result);
      headers['fairlead-model'] = result.model;
      headers['fairlead-version'] = result.version;
      if (result.fallback !== undefined) headers['fairlead-fallback'] = result.fallback.reason;
      return result;
    };
    const req = requestOf(order);
    const run = async (): Promise<Reply> => {
      try {
        return await found.route.answer({ server, req, ...contentOf(order, body), codec, infer });
      } catch (error) {
        const described = toHttpError(error);
        if (described.status === 500) onError(error);
        const code = errorCode(error);
        if (code !== undefined) headers['fairlead-error'] = code;
        return { status: described.status, body: found.dialect.describeError(described) };
      }
    };
    const response = toResponse(await run(), headers);
    return { response, ...(version !== undefined && { version }) };
  };
}

/** The request as the dialects read it: its headers. */
function requestOf({ path, headers }: JobOrder): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), {
    method: 'POST',
    url: path,
    headers: { ...headers },
  });
}

/**
 * The request as it was decoded when the job was accepted, or the body where the model wasn't ready then.
 *
 * @throws ServingError `ERR_SERVING_UNSUPPORTED` for the format of another release.
 */
function contentOf({ bodyFormat }: JobOrder, body: Buffer): Pick<Call, 'body' | 'decoded'> {
  if (bodyFormat === undefined) return { body };
  if (bodyFormat === DECODED) return { body: NO_BODY, decoded: unpackDecoded(body) };
  const message = `the body of the job is stored as ${JSON.stringify(bodyFormat)}, which this release doesn't read`;
  throw new ServingError('ERR_SERVING_UNSUPPORTED', message);
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
