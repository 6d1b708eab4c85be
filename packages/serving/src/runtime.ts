import type { Tensor } from '@fairlead/signature';
import type { ModelArtifacts } from './model-source.ts';

/** What goes with one execution. */
export interface RunContext {
  /** Aborts when nobody waits for the result any more: the client is gone, or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Passed on to upstreams, for logs that can be joined. */
  readonly requestId?: string | undefined;
}

/** What one execution gave. */
export interface RunResult {
  readonly outputs: readonly Tensor[];
  /** Milliseconds from acceptance by the runtime to the start of the execution. */
  readonly queueDurationMs: number;
  /** Milliseconds that the execution itself took. */
  readonly computeDurationMs: number;
}

/** One loaded version, ready to run. */
export interface Runtime {
  /** What the metadata call names, such as `onnx_onnxv1`. */
  readonly platform: string;
  /**
   * Runs the model on inputs that were already checked against its signature.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED`, `ERR_SERVING_CANCELED`, `ERR_SERVING_RUN_FAILED`, and for upstreams
   * `ERR_SERVING_UPSTREAM_UNREACHABLE` or `ERR_SERVING_UPSTREAM_FAILED`.
   */
  run(inputs: readonly Tensor[], context: RunContext): Promise<RunResult>;
  /** Undefined while requests can be run; else why not. */
  unhealthy(): Promise<string | undefined>;
  /** Gives everything back: threads, connections, memory. Requests that still run are failed. */
  close(): Promise<void>;
}

/** Something that happened to a runtime on its own, for the log. */
export interface RuntimeEvent {
  readonly type: 'worker-lost';
  readonly reason: string;
}

/** Makes runtimes of one kind; registered with a `ModelServer` under the name that manifests use. */
export interface RuntimeFactory {
  /** @throws ServingError `ERR_SERVING_LOAD_FAILED` naming what is wrong with the version. */
  load(
    artifacts: ModelArtifacts,
    options: { readonly onEvent: (event: RuntimeEvent) => void },
  ): Promise<Runtime>;
}
