import { RegistryError } from '../errors/registry-error.ts';

/** Time without requests for cached values after the store failed. */
const UNREACHABLE_MS = 5000;

/** Answers of a store, and while it fails the cached ones. */
export class LastKnown {
  #unreachableUntil = 0;

  /**
   * Resolves to the answer of the store; while it fails, to the cached value, if there is one.
   *
   * @throws the store's error when nothing is cached
   */
  async answer<T>(
    request: () => Promise<T>,
    cached: () => Promise<{ readonly value: T } | undefined>,
  ): Promise<T> {
    if (performance.now() < this.#unreachableUntil) {
      const last = await cached();
      if (last !== undefined) return last.value;
    }
    try {
      const answer = await request();
      this.#unreachableUntil = 0;
      return answer;
    } catch (error) {
      const last = isStoreFailure(error) ? await cached() : undefined;
      if (last === undefined) throw error;
      this.#unreachableUntil = performance.now() + UNREACHABLE_MS;
      return last.value;
    }
  }
}

function isStoreFailure(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    error.code.startsWith('ERR_REGISTRY_STORE_') &&
    error.code !== 'ERR_REGISTRY_STORE_FOREIGN'
  );
}
