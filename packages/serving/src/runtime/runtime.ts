import type { Tensor } from '@fairlead/signature';
import type { ModelArtifacts } from '../source/model-source.ts';
import type { TraceCarrier } from '../inference/trace-context.ts';

/** Context of one execution. */
export interface ExecutionContext {
  /** Ids of its requests, to join logs; upstreams get the first. */
  readonly requestIds: readonly string[];
  /** The first request in it, for its trace context, which upstreams get. */
  readonly trace?: TraceCarrier | undefined;
  /** Aborts when no request waits for the result any more, or the version is unloaded. */
  readonly signal: AbortSignal;
  /** True if the storage of the inputs may be moved to another thread, and freed after the execution; else it must not be changed. */
  readonly ownsInputs: boolean;
  /** True for the executions of a load, which have the time of a load in place of that of a request. */
  readonly isWarmUp?: boolean | undefined;
}

/** Result of one execution. */
export interface Execution {
  readonly outputs: readonly Tensor[];
  /** Duration of the execution, in milliseconds. */
  readonly computeDurationMs: number;
}

/** Threads or processes in which a version computes, with the reason. */
export interface RuntimePlacement {
  /** Worker threads that hold the version. */
  readonly workers: number;
  /** Threads of one execution. */
  readonly intraOpThreads: number;
  /** True if small executions run in the thread of the event loop. */
  readonly inProcess: boolean;
  /** In words, with what was measured. */
  readonly reason: string;
}

/** Analysis of a model's description: whether rows influence each other. */
export interface RowAnalysis {
  /**
   * `independent` if each row of the outputs depends on the same row of the inputs only; `unknown` where the description has
   * an unsupported part.
   */
  readonly rows: 'independent' | 'dependent' | 'unknown';
  /** In words, with the operator that decided it and its position. */
  readonly reason: string;
}

/** Memory of a version. */
export interface RuntimeMemory {
  /** Size of the model's files in bytes. */
  readonly fileBytes: number;
  /**
   * Bytes by which the resident memory of the process grew when one worker loaded the model, with its copy in the event
   * loop's thread. An estimate: it excludes the memory of executions and of other workers.
   */
  readonly residentBytes: number;
}

/** One loaded version, ready to run. */
export interface Runtime {
  /** Platform in the metadata, such as `onnx_onnxv1`. */
  readonly platform: string;
  /** Maximum number of concurrent executions: the scheduler queues further ones. */
  readonly concurrency: number;
  /** Set by runtimes that decide where they compute. */
  readonly placement?: RuntimePlacement | undefined;
  /** Set by runtimes that can read the model's graph; the rows of others are tried at warm-up. */
  readonly rowAnalysis?: RowAnalysis | undefined;
  /** Set by runtimes that hold models in the memory of this process. */
  readonly memory?: RuntimeMemory | undefined;
  /**
   * Called once when the version was warmed up and is about to serve requests: it may move to other workers then.
   * A runtime for which it isn't called may stay with one worker.
   */
  warmedUp?(): Promise<void>;
  /**
   * Runs the model on inputs that were already checked against its signature.
   *
   * @throws ServingError `ERR_SERVING_RUN_FAILED`, and for upstreams `ERR_SERVING_BAD_REQUEST`,
   * `ERR_SERVING_OVERLOADED`, `ERR_SERVING_UPSTREAM_UNREACHABLE` or `ERR_SERVING_UPSTREAM_FAILED`.
   */
  execute(inputs: readonly Tensor[], context: ExecutionContext): Promise<Execution>;
  /** Undefined while requests can be executed; else the reason why not. */
  unhealthy(): Promise<string | undefined>;
  /** Releases threads, connections and memory. Executions that still run fail. */
  close(): Promise<void>;
}

/** Event of a runtime that no request causes directly, for the log. */
export interface RuntimeEvent {
  /** `move-failed`: the version stays in its workers, because it could not move to others. */
  readonly type: 'worker-lost' | 'move-failed';
  readonly reason: string;
}

/** Options of {@link RuntimeFactory.load}. */
export interface RuntimeLoadOptions {
  /** Receives events of the workers of the version. */
  readonly onEvent: (event: RuntimeEvent) => void;
  /**
   * True if the version only computes copies of requests, which no client waits for: a runtime that computes on this machine leaves the processor to the other versions.
   * @defaultValue `false`
   */
  readonly isBackground?: boolean | undefined;
}

/** Creates runtimes of one kind; registered with a `ModelServer` under the name that manifests use. */
export interface RuntimeFactory {
  /**
   * Maximum number of versions that are loaded and warmed up concurrently.
   * @defaultValue no limit
   */
  readonly loadsAtOnce?: number | undefined;
  /** @throws ServingError `ERR_SERVING_LOAD_FAILED` with the problem of the version. */
  load(artifacts: ModelArtifacts, options: RuntimeLoadOptions): Promise<Runtime>;
}
