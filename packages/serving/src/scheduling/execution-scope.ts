import type { TraceCarrier } from '../inference/trace-context.ts';
import type { ExecutionContext } from '../runtime/runtime.ts';
import type { Ticket } from './ticket.ts';

/** The requests of one execution as its runtime sees them; made anew for each, so what few runtimes ask for is made late. */
export class ExecutionScope implements ExecutionContext {
  readonly ownsInputs: boolean;
  readonly #members: readonly Ticket[];
  #abort: AbortController | undefined;

  constructor(members: readonly Ticket[]) {
    this.#members = members;
    this.ownsInputs = members.length > 1;
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

  /** Each member tells when it was answered: after the last one nobody waits for the execution any more. */
  readonly onSettled = (): void => {
    if (this.#abort !== undefined && this.#isAbandoned()) this.#abort.abort();
  };

  #isAbandoned(): boolean {
    return this.#members.every(({ settled }) => settled);
  }
}
