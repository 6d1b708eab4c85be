import {
  createSignatureCheck,
  SignatureError,
  type SignatureCheck,
  type Tensor,
} from '@fairlead/signature';
import { MAX_INLINE_BYTES, MAX_INLINE_ELEMENTS, type Codec } from '../codec/codec.ts';
import type { VersionManifest } from '../source/model-source.ts';
import type { Execution, ExecutionContext, Runtime } from '../runtime/runtime.ts';
import { ServingError } from '../errors/serving-error.ts';
import { traceContext, traceHeaders } from '../inference/trace-context.ts';
import { decodeUpstreamAnswer, encodeUpstreamRequest } from './upstream-body.ts';
import type { UpstreamClient, UpstreamResponse } from './upstream-client.ts';

declare module '../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodeUpstreamAnswer: typeof decodeUpstreamAnswer;
    readonly encodeUpstreamRequest: (...args: Parameters<typeof encodeUpstreamRequest>) => Buffer;
  }
}

const HEALTH_MAX_AGE_MS = 1000;

/** One version that another process runs, called by the Open Inference Protocol. */
export class UpstreamModel implements Runtime {
  readonly platform = 'upstream';
  readonly #client: UpstreamClient;
  readonly #codec: Codec | undefined;
  readonly #path: string;
  readonly #checkOutputs: SignatureCheck;
  readonly #closing = new AbortController();
  #health: { readonly at: number; readonly result: Promise<string | undefined> } | undefined;

  /** `model` is the name that the upstream itself uses. */
  constructor(
    client: UpstreamClient,
    model: string,
    manifest: VersionManifest,
    codec: Codec | undefined,
  ) {
    this.#codec = codec;
    this.#client = client;
    this.#path = `/v2/models/${encodeURIComponent(model)}`;
    this.#checkOutputs = createSignatureCheck(manifest.signature.outputs);
  }

  get concurrency(): number {
    return this.#client.connections;
  }

  async execute(inputs: readonly Tensor[], context: ExecutionContext): Promise<Execution> {
    const startedAt = performance.now();
    const response = await this.#client.request('POST', `${this.#path}/infer`, {
      signal: AbortSignal.any([context.signal, this.#closing.signal]),
      requestId: context.requestIds[0],
      ...(context.trace && { trace: traceHeaders(traceContext(context.trace)) }),
      ...(context.isWarmUp === true && { timeoutMs: this.#client.loadTimeoutMs }),
      body: await this.#encode(inputs),
    });
    if (response.status !== 200) throw this.#refused(response);
    const outputs = await this.#decode(response);
    return { outputs, computeDurationMs: performance.now() - startedAt };
  }

  unhealthy(): Promise<string | undefined> {
    const now = performance.now();
    if (this.#health === undefined || now - this.#health.at > HEALTH_MAX_AGE_MS) {
      this.#health = { at: now, result: this.#askHealth() };
    }
    return this.#health.result;
  }

  close(): Promise<void> {
    this.#closing.abort(new ServingError('ERR_SERVING_CLOSED', 'the version was unloaded'));
    return Promise.resolve();
  }

  async #askHealth(): Promise<string | undefined> {
    try {
      const { signal } = this.#closing;
      const { status } = await this.#client.request('GET', `${this.#path}/ready`, { signal });
      return status === 200
        ? undefined
        : `upstream "${this.#client.name}" says ${status} to its readiness`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #refused({ status, body }: UpstreamResponse): ServingError {
    const { name } = this.#client;
    const said = explain(body);
    // The request fits the limits of this server, and not those of the upstream.
    if (status === 413) {
      return new ServingError(
        'ERR_SERVING_BODY_TOO_LARGE',
        `upstream "${name}" takes no request as large as that; send less at once`,
      );
    }
    // The inputs fit the signature, and the model still finds them wrong: the caller can mend that.
    if (status === 400 || status === 414 || status === 422 || status === 431)
      return new ServingError('ERR_SERVING_BAD_REQUEST', `upstream "${name}" refused: ${said}`);
    if (status === 503 || status === 429) {
      return new ServingError(
        'ERR_SERVING_OVERLOADED',
        `upstream "${name}" has no capacity: ${said}`,
      );
    }
    return new ServingError(
      'ERR_SERVING_UPSTREAM_FAILED',
      `upstream "${name}" answered ${status}: ${said}`,
    );
  }

  #encode(inputs: readonly Tensor[]): Promise<string | Uint8Array> | string {
    const elements = inputs.reduce((sum, { data }) => sum + data.length, 0);
    return this.#codec !== undefined && elements > MAX_INLINE_ELEMENTS
      ? this.#codec.run('encodeUpstreamRequest', inputs)
      : encodeUpstreamRequest(inputs);
  }

  async #decode({ body }: UpstreamResponse): Promise<readonly Tensor[]> {
    try {
      const outputs =
        this.#codec !== undefined && body.length > MAX_INLINE_BYTES
          ? await this.#codec.run('decodeUpstreamAnswer', body)
          : decodeUpstreamAnswer(body);
      this.#checkOutputs(outputs);
      return outputs;
    } catch (cause) {
      if (cause instanceof ServingError) throw cause;
      const detail =
        cause instanceof SignatureError ? cause.message : 'it is not an inference response';
      throw new ServingError(
        'ERR_SERVING_UPSTREAM_FAILED',
        `upstream "${this.#client.name}" answered what its signature doesn't promise: ${detail}`,
        { cause },
      );
    }
  }
}

function explain(body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: unknown };
    if (typeof error === 'string') return error.slice(0, 500);
  } catch {
    // Not JSON: an error page of a proxy in between, without a useful message.
  }
  return 'no reason given';
}
