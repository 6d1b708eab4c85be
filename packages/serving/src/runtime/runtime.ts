import type { Tensor } from '@fairlead/signature';
import type { ModelArtifacts } from '../source/model-source.ts';
import type { TraceCarrier } from '../inference/trace-context.ts';

/** Context of one execution. */
export interface ExecutionContext {
  /** Ids of the requests in it, for logs that can be joined; upstreams get the first. */
  readonly requestIds: readonly string[];
  /** The first request in it, for its trace context, which upstreams get. */
  readonly trace?: TraceCarrier | undefined;
  /** Aborts when no request waits for the result any more, or the version is unloaded. */
  readonly signal: AbortSignal;
  /** True if the storage of the inputs may be moved to another thread; else it must not be changed. */
  readonly ownsInputs: boolean;
}

/** Result of one execution. */
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
  /** True if small executions run in the thread of the event loop. */
  readonly inProcess: boolean;
  /** In words, with what was measured. */
  readonly reason: string;
}

/** Analysis of a model's description: whether rows influence each other. */
export interface RowAnalysis {
  /**
   * States whether each row of the outputs depends on the same row of the inputs alone; `unknown` where the description holds
   * something that isn't understood.
   */
  readonly rows: 'independent' | 'dependent' | 'unknown';
  /** In words, with what decided it: an operator and its place. */
  readonly reason: string;
}

/** Memory that a version takes. */
export interface RuntimeMemory {
  /** Size of the model's files in bytes. */
  readonly fileBytes: number;
  /**
   * Bytes by which the resident memory of the process grew when one worker loaded the model, with its copy in the event
   * loop's thread. An estimate: it excludes what executions take later, and what other workers hold.
   */
  readonly residentBytes: number;
}

/** One loaded version, ready to run. */
export interface Runtime {
  /** Platform in the metadata, such as `onnx_onnxv1`. */
  readonly platform: string;
  /** Executions that make sense at the same time: the scheduler starts no more, and queues the rest. */
  readonly concurrency: number;
  /** For runtimes that decide where they compute. */
  readonly placement?: RuntimePlacement | undefined;
  /** For runtimes that can read what the model computes; others leave it to trial. */
  readonly rowAnalysis?: RowAnalysis | undefined;
  /** For runtimes that hold models in the memory of this process. */
  readonly memory?: RuntimeMemory | undefined;
  /**
   * Called once when the version was warmed up and is about to serve requests: it may move to where it computes then.
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
  /** Undefined while requests can be run; else why not. */
  unhealthy(): Promise<string | undefined>;
  /** Gives everything back: threads, connections, memory. Executions that still run are failed. */
  close(): Promise<void>;
}

/** Something that happened to a runtime on its own, for the log. */
export interface RuntimeEvent {
  /** `move-failed`: the version stays where it computes, because the workers that it was to move to can't be had. */
  readonly type: 'worker-lost' | 'move-failed';
  readonly reason: string;
}

/** Makes runtimes of one kind; registered with a `ModelServer` under the name that manifests use. */
export interface RuntimeFactory {
  /**
   * Versions that are loaded and warmed up at the same time at most.
   * @defaultValue no limit
   */
  readonly loadsAtOnce?: number | undefined;
  /** @throws ServingError `ERR_SERVING_LOAD_FAILED` naming what is wrong with the version. */
  load(
    artifacts: ModelArtifacts,
    options: { readonly onEvent: (event: RuntimeEvent) => void },
  ): Promise<Runtime>;
}
