/** Reports an error of a model once, until it is another one: a damaged object is found at each poll. */
export class RepeatedErrors {
  readonly #onError: (error: unknown) => void;
  readonly #reported = new Map<string, string>();

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Runs a task, and reports its error. */
  async guard(model: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
      this.#reported.delete(model);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (this.#reported.get(model) === message) return;
      this.#reported.set(model, message);
      this.#onError(error);
    }
  }
}
