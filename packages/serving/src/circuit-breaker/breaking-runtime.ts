import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  CountBreaker,
  DelegateBackoff,
  handleWhen,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import type { Tensor } from '@fairlead/signature';
import type {
  Execution,
  ExecutionContext,
  Runtime,
  RuntimeMemory,
  RuntimePlacement,
} from '../runtime/runtime.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import { isRuntimeFault, mayBeInputs } from '../errors/runtime-fault.ts';

/** Options of a {@link BreakingRuntime}. */
export interface BreakingRuntimeOptions extends Required<CircuitBreakerOptions> {
  /** Name and version of the model, for messages. */
  readonly title: string;
  /**
   * Inputs that the runtime has answered: while it still answers them, a failed execution is the fault of its inputs.
   * Without, every failure is the runtime's.
   */
  readonly probeInputs?: readonly Tensor[] | undefined;
  /** An execution that is canceled after this time counts as a fault, in milliseconds: it hung. */
  readonly hangMs: number;
  /** Called when the circuit opens, with the last failure, and when it closes. */
  readonly onChange: (
    change:
      | { readonly type: 'circuit-opened'; readonly reason: string; readonly retryAfterMs: number }
      | { readonly type: 'circuit-closed' },
  ) => void;
}

const PROBE_AGE_MS = 1000;

/**
 * A runtime behind a circuit breaker: while the circuit is open, the runtime isn't called; then it is tried by one execution
 * before the others follow.
 *
 * Only faults of the runtime trip it, never those of clients: a wrong request, one that was canceled or whose
 * deadline has passed, one that finds no capacity, and one at which a runtime fails that answers what it is known to answer.
 */
export class BreakingRuntime implements Runtime {
  readonly platform: string;
  readonly #runtime: Runtime;
  readonly #options: BreakingRuntimeOptions;
  readonly #circuit: CircuitBreakerPolicy;
  #retryAt = 0;
  /** Failures that weren't the runtime's. */
  readonly #excused = new WeakSet<object>();
  #probe: { readonly at: number; readonly holds: Promise<boolean> } | undefined;

  constructor(runtime: Runtime, options: BreakingRuntimeOptions) {
    const { failureRatio, executions, minExecutions, retryAfterMs, maxRetryAfterMs } = options;
    const { onChange } = options;
    this.platform = runtime.platform;
    this.#runtime = runtime;
    this.#options = options;
    const handled = handleWhen((error) => this.#counts(error));
    this.#circuit = circuitBreaker(handled, {
      breaker: new CountBreaker({
        threshold: failureRatio,
        size: executions,
        minimumNumberOfCalls: minExecutions,
      }),
      halfOpenAfter: new DelegateBackoff(({ attempt }: { readonly attempt: number }) => {
        const delay = Math.min(retryAfterMs * 2 ** (attempt - 1), maxRetryAfterMs);
        this.#retryAt = performance.now() + delay;
        return delay;
      }),
    });
    this.#circuit.onBreak(() => {
      const type = 'circuit-opened';
      onChange({ type, reason: this.#lastFailure(), retryAfterMs: this.openForMs ?? 0 });
    });
    this.#circuit.onReset(() => {
      onChange({ type: 'circuit-closed' });
    });
  }

  get concurrency(): number {
    return this.#runtime.concurrency;
  }

  get placement(): RuntimePlacement | undefined {
    return this.#runtime.placement;
  }

  get memory(): RuntimeMemory | undefined {
    return this.#runtime.memory;
  }

  /** Milliseconds for which nothing is executed; undefined while executions are let through. */
  get openForMs(): number | undefined {
    switch (this.#circuit.state) {
      case CircuitState.Open: {
        const left = this.#retryAt - performance.now();
        return left > 0 ? left : undefined;
      }
      // One execution tries the runtime; the others don't wait for what becomes of it.
      case CircuitState.HalfOpen:
        return 0;
      default:
        return undefined;
    }
  }

  /** The error of requests that aren't executed because the circuit is open. */
  openError(): ServingError {
    const { title } = this.#options;
    // Not how: what a runtime says of its failure may quote another client's inputs.
    const message = `${title} failed too often; its circuit is open, retry later`;
    return new ServingError('ERR_SERVING_CIRCUIT_OPEN', message, {
      retryAfterMs: this.openForMs ?? 0,
    });
  }

  async execute(inputs: readonly Tensor[], context: ExecutionContext): Promise<Execution> {
    if (this.openForMs !== undefined) throw this.openError();
    try {
      return await this.#circuit.execute(() => this.#execute(inputs, context));
    } catch (error) {
      throw error instanceof BrokenCircuitError ? this.openError() : error;
    }
  }

  unhealthy(): Promise<string | undefined> {
    if (this.openForMs !== undefined) return Promise.resolve(this.openError().message);
    return this.#runtime.unhealthy();
  }

  async close(): Promise<void> {
    await this.#runtime.close();
  }

  async #execute(inputs: readonly Tensor[], context: ExecutionContext): Promise<Execution> {
    const startedAt = performance.now();
    try {
      return await this.#runtime.execute(inputs, context);
    } catch (error) {
      const { title, hangMs } = this.#options;
      const lasted = performance.now() - startedAt;
      if (lasted < hangMs && mayBeInputs(error) && (await this.#answersProbe())) {
        this.#excused.add(error);
      }
      if (isRuntimeFault(error) || lasted < hangMs) throw error;
      const message = `${title} gave no answer within ${Math.round(lasted)} ms`;
      throw new ServingError('ERR_SERVING_RUN_FAILED', message, { cause: error });
    }
  }

  /** The one execution that tries the runtime again must show that it works: not even a client's fault closes the circuit. */
  #counts(error: unknown): boolean {
    if (error instanceof Error && this.#excused.has(error)) return false;
    if (isRuntimeFault(error)) return true;
    const badRequest = error instanceof ServingError && error.code === 'ERR_SERVING_BAD_REQUEST';
    return this.#circuit.state === CircuitState.HalfOpen && !badRequest;
  }

  /** Called once a second at most: clients that send what makes a model fail mustn't double its work. */
  async #answersProbe(): Promise<boolean> {
    const { probeInputs, hangMs } = this.#options;
    if (probeInputs === undefined) return false;
    const now = performance.now();
    if (this.#probe === undefined || now - this.#probe.at > PROBE_AGE_MS) {
      const signal = AbortSignal.timeout(hangMs);
      const holds = this.#runtime
        .execute(probeInputs, { signal, requestIds: [], ownsInputs: false })
        .then(
          () => true,
          () => false,
        );
      this.#probe = { at: now, holds };
    }
    return this.#probe.holds;
  }

  #lastFailure(): string {
    const failure = this.#circuit.lastFailure;
    const error = failure !== undefined && 'error' in failure ? failure.error : undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
