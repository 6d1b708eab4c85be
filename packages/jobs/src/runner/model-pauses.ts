const MAX_PAUSE_MS = 15_000;

/** Models whose jobs are paused: each was found not ready, or overloaded, and its jobs are retried after a pause. */
export class ModelPauses {
  readonly #firstMs: number;
  readonly #paused = new Map<string, { readonly untilMs: number; readonly pauseMs: number }>();

  /** The first pause takes `firstMs`, each further one in a row twice as long, up to 15 seconds. */
  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** Whether a job of the model may be run at this moment. */
  readonly accepts = (model: string): boolean =>
    (this.#paused.get(model)?.untilMs ?? 0) <= performance.now();

  /** Pauses the jobs of a model; returns for how long, in milliseconds. */
  pause(model: string): number {
    const last = this.#paused.get(model)?.pauseMs;
    const pauseMs = Math.min(last === undefined ? this.#firstMs : last * 2, MAX_PAUSE_MS);
    this.#paused.set(model, { untilMs: performance.now() + pauseMs, pauseMs });
    return pauseMs;
  }

  /** A job of the model was run. */
  resume(model: string): void {
    this.#paused.delete(model);
  }
}
