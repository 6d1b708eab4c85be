import { freeTensors } from '../storage/free-storage.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ExecutedEvent } from '../inference/inference-observer.ts';
import type { TracedExecution } from '../inference/inference-tracer.ts';
import type { Execution, Runtime } from '../runtime/runtime.ts';
import { ExecutionScope } from './execution-scope.ts';
import type { IdleMonitor } from './idle-monitor.ts';
import { packBatch, splitBatch } from './pack-batch.ts';
import type { Ticket } from './ticket.ts';

/** Options of a {@link BatchExecutor}. */
export interface BatchExecutorOptions {
  readonly runtime: Runtime;
  /** True if outcomes name their execution. */
  readonly traced: boolean;
  /** Called for each execution. */
  readonly onExecuted: (event: Pick<ExecutedEvent, 'batchSize' | 'computeDurationMs'>) => void;
  readonly idle: Pick<IdleMonitor, 'recordExecution'>;
  /** Called for each ticket that was settled. */
  readonly onSettled: (ticket: Ticket) => void;
}

/** Executes batches: packs their inputs, splits their outputs, and isolates the row that makes a batch fail. */
export class BatchExecutor {
  readonly #options: BatchExecutorOptions;

  constructor(options: BatchExecutorOptions) {
    this.#options = options;
  }

  /** Executes the requests together and settles every one of them; never rejects. */
  async execute(members: readonly Ticket[]): Promise<void> {
    const startedAt = performance.now();
    const [single] = members;
    const alone = members.length === 1 && single !== undefined;
    try {
      const inputs = alone ? single.inputs : packBatch(members.map((member) => member.inputs));
      const { outputs, computeDurationMs } = await this.#run(members, inputs);
      const rows = members.map((member) => member.rows ?? 1);
      const parts = alone ? [outputs] : splitBatch(outputs, rows);
      if (parts === undefined) {
        await this.#executeSingly(members);
        return;
      }
      if (!alone) freeInputs(members);
      const execution = this.#options.traced ? traceOf(members, startedAt) : undefined;
      members.forEach((member, index) => {
        const queueDurationMs = startedAt - member.acceptedAt;
        const outputs = parts[index] ?? [];
        member.resolve({ outputs, queueDurationMs, computeDurationMs, execution });
        this.#options.onSettled(member);
      });
    } catch (error) {
      if (!alone && isMaybeOfOneRow(error)) {
        await this.#executeSingly(members);
        return;
      }
      for (const member of members) {
        member.reject(error);
        this.#options.onSettled(member);
      }
    }
  }

  /** Executes each request separately, so that one invalid request fails only itself. */
  async #executeSingly(members: readonly Ticket[]): Promise<void> {
    for (const member of members) {
      if (member.deadlineAt <= performance.now()) member.expire();
      if (member.settled) this.#options.onSettled(member);
      else await this.execute([member]);
    }
  }

  async #run(members: readonly Ticket[], inputs: Ticket['inputs']): Promise<Execution> {
    const { runtime, onExecuted, idle } = this.#options;
    const scope = new ExecutionScope(members);
    for (const member of members) member.onSettled = scope.onSettled;
    try {
      const startedAt = performance.now();
      const execution = await runtime.execute(inputs, scope);
      idle.recordExecution(performance.now() - startedAt);
      let batchSize = 0;
      for (const { countedRows } of members) batchSize += countedRows;
      onExecuted({ batchSize, computeDurationMs: execution.computeDurationMs });
      return execution;
    } finally {
      for (const member of members) member.onSettled = undefined;
    }
  }
}

/** Frees inputs that were copied into a batch, which isn't executed again. */
function freeInputs(members: readonly Ticket[]): void {
  for (const { ownsInputs, inputs } of members) if (ownsInputs) freeTensors(inputs);
}

function traceOf(members: readonly Ticket[], startedAt: number): TracedExecution {
  let batchSize = 0;
  for (const { countedRows } of members) batchSize += countedRows;
  const carriers = members.flatMap(({ trace }) => trace ?? []);
  return { startedAt, endedAt: performance.now(), batchSize, members: carriers };
}

/** Returns whether one request of the batch may be the cause of an error, rather than the runtime. */
function isMaybeOfOneRow(error: unknown): boolean {
  const code = error instanceof ServingError ? error.code : 'ERR_SERVING_RUN_FAILED';
  return (
    code === 'ERR_SERVING_RUN_FAILED' ||
    code === 'ERR_SERVING_BAD_REQUEST' ||
    code === 'ERR_SERVING_UPSTREAM_FAILED'
  );
}
