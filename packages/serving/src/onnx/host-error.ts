/** Facts about a {@link HostError}. */
export interface HostErrorFacts {
  /** True if the thread or process ended, rather than the model failing. */
  readonly threadLost?: boolean;
  /** True if the execution had begun; one that hadn't can run elsewhere. */
  readonly started?: boolean;
  /** True if an execution or a load exceeded its time limit. */
  readonly hung?: boolean;
  /** True if the execution ended its process, as other inputs may not. */
  readonly crashed?: boolean;
  /** True if the inputs can't be given to the model. */
  readonly isInput?: boolean;
  /** Reason why a thread didn't load the model: an execution can end the process that the thread is in. */
  readonly crashRisk?: string;
}

/** A model failed, or the thread or process that computes it ended. */
export class HostError extends Error {
  readonly threadLost: boolean;
  readonly started: boolean;
  readonly hung: boolean;
  readonly crashed: boolean;
  readonly isInput: boolean;
  readonly crashRisk: string | undefined;

  constructor(message: string, facts: HostErrorFacts = {}) {
    super(message);
    const { threadLost = false, started = true, hung = false } = facts;
    const { crashed = false, isInput = false, crashRisk } = facts;
    this.threadLost = threadLost;
    this.started = started;
    this.hung = hung;
    this.crashed = crashed;
    this.isInput = isInput;
    this.crashRisk = crashRisk;
  }
}
