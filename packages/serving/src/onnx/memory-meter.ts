/**
 * Measures the resident memory that models take, by how much that of the process grows while they are loaded.
 *
 * The growth of the process while several models are loaded is divided among them in proportion to the sizes of their files.
 */
export class MemoryMeter {
  readonly #residentBytes: () => number;
  readonly #loads = new Set<{ readonly weight: number; bytes: number }>();
  #last = 0;

  constructor(residentBytes = (): number => process.memoryUsage.rss()) {
    this.#residentBytes = residentBytes;
  }

  /** Measures while `work` runs; `fileBytes` is the size of the model's files. */
  async measure<T>(fileBytes: number, work: () => Promise<T>): Promise<readonly [T, number]> {
    const load = { weight: Math.max(1, fileBytes), bytes: 0 };
    this.#divide();
    this.#loads.add(load);
    try {
      const result = await work();
      this.#divide();
      return [result, Math.max(0, Math.round(load.bytes))];
    } finally {
      this.#loads.delete(load);
    }
  }

  #divide(): void {
    const now = this.#residentBytes();
    const growth = now - this.#last;
    this.#last = now;
    let weights = 0;
    for (const { weight } of this.#loads) weights += weight;
    for (const load of this.#loads) load.bytes += (growth * load.weight) / weights;
  }
}
