import type { Tensor } from '@fairlead/signature';
import type { ModelArtifacts } from './models/model-source.ts';
import type { TraceCarrier } from './trace-context.ts';

/** What goes with one execution. */
export interface ExecutionContext {
  /** Ids of the requests in it, for logs that can be joined; upstreams are told the first. */
  readonly requestIds: readonly string[];
  /** The first request in it, for its trace, which upstreams are told. */
  readonly trace?: TraceCarrier | undefined;
  /** Aborts when nobody waits for the result any more, or the version is unloaded. */
  readonly signal: AbortSignal;
  /** Whether the storage of the inputs may be moved elsewhere; else it must be left as it is. */
  readonly ownsInputs: boolean;
}

/** What one execution gave. */
export interface Execution {
  readonly outputs: readonly Tensor[];
  /** Milliseconds that the execution itself took. */
  readonly computeDurationMs: number;
}

/** Where a version computes, and why there. */
export interface RuntimePlacement {
  /** Worker threads that hold the version. */
  readonly workers: number;
  /** Threads that one execution computes with. */
  readonly intraOpThreads: number;
  /** Whether small executions run in the thread of the event loop. */
  readonly inProcess: boolean;
  /** In words, with what was measured. */
  readonly reason: string;
}

/** What a model's own description shows of its rows. */
export interface RowAnalysis {
  /**
   * Whether each row of the outputs depends on the same row of the inputs alone; `unknown` where the description holds
   * something that isn't understood.
   */
  readonly rows: 'independent' | 'dependent' | 'unknown';
  /** In words, with what decided it: an operator and its place. */
  readonly reason: string;
}

/** One loaded version, ready to run. */
export interface Runtime {
  /** What the metadata call names, such as `onnx_onnxv1`. */
  readonly platform: string;
  /** Executions that make sense at the same time: the scheduler starts no more, and queues the rest. */
  readonly concurrency: number;
  /** For runtimes that decide where they compute. */
  readonly placement?: RuntimePlacement | undefined;
  /** For runtimes that can read what the model computes; others leave it to trial. */
  readonly rowAnalysis?: RowAnalysis | undefined;
  /**
   * Runs the model on inputs that were already checked against its signature.
   *
   * @throws ServingError `ERR_SERVING_RUN_FAILED`, and for upstreams `ERR_SERVING_BAD_REQUEST`,
   * `ERR_SERVING_OVERLOADED`, `ERR_SERVING_UPSTREAM_UNREACHABLE` or `ERR_SERVING_UPSTREAM_FAILED`.
   */
  execute(inputs: readonly Tensor[], context: ExecutionContext): Promise<Execution>;
  /** Undefined while requests can be run; else why not. */
  unhealthy(): Promise<string | undefined>;
  /** Gives everything back: threads, connections, memory. Executions that still run are failed. */
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
