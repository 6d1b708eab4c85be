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

/** What a {@link BreakingRuntime} needs. */
export interface BreakingRuntimeOptions extends Required<CircuitBreakerOptions> {
  /** Name and version of the model, for messages. */
  readonly title: string;
  /**
   * Inputs that the runtime is known to answer: where they are answered still, what failed was the fault of its own inputs.
   * Without, every failure is the runtime's.
   */
  readonly proof?: readonly Tensor[] | undefined;
  /** An execution that was given up after so long counts as a fault, in milliseconds: it hung. */
  readonly hangMs: number;
  /** Told when the circuit opens, with the last failure, and when it closes. */
  readonly onChange: (
    change:
      | { readonly type: 'circuit-opened'; readonly reason: string; readonly retryAfterMs: number }
      | { readonly type: 'circuit-closed' },
  ) => void;
}

const PROOF_AGE_MS = 1000;

/**
 * A runtime behind a circuit breaker: one that fails too often is left alone for a while, and then tried by one execution
 * before the others follow.
 *
 * What trips it are faults of the runtime, never those of clients: a wrong request, one that was canceled or whose
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
  #proof: { readonly at: number; readonly holds: Promise<boolean> } | undefined;

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
    // Not how: what a runtime says of its failure may quote somebody else's inputs.
    const message = `${title} failed too often and is left alone for a moment`;
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
      if (lasted < hangMs && mayBeInputs(error) && (await this.#answersProof())) {
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

  /** Asked once in a while: clients that send what makes a model fail mustn't double its work. */
  async #answersProof(): Promise<boolean> {
    const { proof, hangMs } = this.#options;
    if (proof === undefined) return false;
    const now = performance.now();
    if (this.#proof === undefined || now - this.#proof.at > PROOF_AGE_MS) {
      const signal = AbortSignal.timeout(hangMs);
      const holds = this.#runtime
        .execute(proof, { signal, requestIds: [], ownsInputs: false })
        .then(
          () => true,
          () => false,
        );
      this.#proof = { at: now, holds };
    }
    return this.#proof.holds;
  }

  #lastFailure(): string {
    const failure = this.#circuit.lastFailure;
    const error = failure !== undefined && 'error' in failure ? failure.error : undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
