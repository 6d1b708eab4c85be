import type { TraceCarrier } from '../inference/trace-context.ts';
import type { ExecutionContext } from '../runtime/runtime.ts';
import type { Ticket } from './ticket.ts';

/** Context of one execution; created for each, so members that few runtimes read are created on demand. */
export class ExecutionScope implements ExecutionContext {
  readonly ownsInputs: boolean;
  readonly #members: readonly Ticket[];
  #abort: AbortController | undefined;

  constructor(members: readonly Ticket[]) {
    this.#members = members;
    // Those of several requests were copied into a batch.
    this.ownsInputs = members.length > 1 || members[0]?.ownsInputs === true;
  }

  get trace(): TraceCarrier | undefined {
    return this.#members[0]?.trace;
  }

  get requestIds(): readonly string[] {
    return this.#members.flatMap(({ requestId }) => requestId ?? []);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isAbandoned()) this.#abort.abort();
    return this.#abort.signal;
  }

  /** Called when a member was answered: after the last one, no request waits for the execution any more. */
  readonly onSettled = (): void => {
    if (this.#abort !== undefined && this.#isAbandoned()) this.#abort.abort();
  };

  #isAbandoned(): boolean {
    return this.#members.every(({ settled }) => settled);
  }
}
