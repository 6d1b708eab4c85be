import { Session } from 'node:inspector/promises';

/** Executed blocks of the sources, as V8 counts them; they guide a fuzzer to inputs that reach something new. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  static async start(): Promise<Coverage> {
    const coverage = new Coverage();
    coverage.#session.connect();
    await coverage.#session.post('Profiler.enable');
    await coverage.#session.post('Profiler.startPreciseCoverage', {
      callCount: true,
      detailed: true,
    });
    return coverage;
  }

  /** Blocks that were run at least once. */
  get size(): number {
    return this.#seen.size;
  }

  /** Blocks that were run since the last time, and never before; they are known from now on. */
  async takeNew(): Promise<readonly string[]> {
    const found = (await this.takeAll()).filter((block) => !this.#seen.has(block));
    for (const block of found) this.#seen.add(block);
    return found;
  }

  /** Blocks that were run since the last time. */
  async takeAll(): Promise<readonly string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const found: string[] = [];
    for (const { url, functions } of result) {
      if (!/\/packages\/(?:serving|signature)\/src\//.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { count, startOffset, endOffset } of ranges) {
          if (count > 0) found.push(`${url}:${startOffset}-${endOffset}`);
        }
      }
    }
    return found;
  }

  async stop(): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
