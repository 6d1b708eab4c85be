import { Gauge, type Registry } from 'prom-client';

/** Time since the first failure of something that may recover, as a gauge that is 0 while there is none. */
export class FailureTime {
  readonly #now: () => number;
  #failedAt: number | undefined;

  constructor(
    { name, help }: { readonly name: string; readonly help: string },
    { registry, now = () => performance.now() }: { registry: Registry; now?: () => number },
  ) {
    this.#now = now;
    const seconds = (): number => this.seconds();
    new Gauge({
      ...{ name, help, registers: [registry], aggregator: 'max' },
      collect() {
        this.set(seconds());
      },
    });
  }

  /** Starts the measurement, unless it has started. */
  failed(): void {
    this.#failedAt ??= this.#now();
  }

  /** Ends the measurement. */
  recovered(): void {
    this.#failedAt = undefined;
  }

  /** Returns the time since the first failure, in seconds; 0 without one. */
  seconds(): number {
    return this.#failedAt === undefined ? 0 : (this.#now() - this.#failedAt) / 1000;
  }
}
