/** Number of hosts that are updated at a time, or their share of the fleet, such as `"25%"`. */
export type Batch = number | `${number}%`;

/** Returns the number of hosts of a batch; `undefined` for a wrong value. */
export function batchSize(batch: Batch, hosts: number): number | undefined {
  if (typeof batch === 'number') {
    return Number.isSafeInteger(batch) && batch >= 1 ? Math.min(batch, hosts) : undefined;
  }
  const share = /^(\d{1,3})%$/.exec(batch)?.[1];
  if (share === undefined || Number(share) < 1 || Number(share) > 100) return undefined;
  // Rounded down: a smaller batch leaves more hosts that serve.
  return Math.max(1, Math.floor((hosts * Number(share)) / 100));
}

/** Divides a list into batches. */
export function* batchesOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}

/** Divides hosts into batches while some of them leave: those that have left are skipped, and the size follows the fleet. */
export async function* remainingBatches<T>(
  all: readonly T[],
  options: {
    /** Skips a host if it has left, and returns whether it has. */
    readonly skips: (each: T) => Promise<boolean>;
    /** Returns the size of the next batch. */
    readonly size: () => Promise<number>;
  },
): AsyncGenerator<readonly T[]> {
  let rest = all;
  for (;;) {
    const isLeft = await Promise.all(rest.map(options.skips));
    rest = rest.filter((_, index) => isLeft[index] !== true);
    if (rest.length === 0) return;
    const size = await options.size();
    yield rest.slice(0, size);
    rest = rest.slice(size);
  }
}
