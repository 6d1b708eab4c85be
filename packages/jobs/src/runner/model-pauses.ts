const MAX_PAUSE_MS = 15_000;

/** Models whose jobs are paused, because the model wasn't ready or was overloaded. */
export class ModelPauses {
  readonly #firstMs: number;
  readonly #paused = new Map<string, { readonly untilMs: number; readonly pauseMs: number }>();

  /** The first pause takes `firstMs` milliseconds, each further one in a row twice as long, up to 15 seconds. */
  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** Returns true when jobs of the model may run now. */
  readonly accepts = (model: string): boolean =>
    (this.#paused.get(model)?.untilMs ?? 0) <= performance.now();

  /** Pauses the jobs of a model; returns the pause in milliseconds. */
  pause(model: string): number {
    const last = this.#paused.get(model)?.pauseMs;
    const pauseMs = Math.min(last === undefined ? this.#firstMs : last * 2, MAX_PAUSE_MS);
    this.#paused.set(model, { untilMs: performance.now() + pauseMs, pauseMs });
    return pauseMs;
  }

  /** Ends the pause of a model, after one of its jobs ran. */
  resume(model: string): void {
    this.#paused.delete(model);
  }
}
