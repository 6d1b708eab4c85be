/** Concurrent requests to a store: a distant one answers many as fast as one. */
const PARALLEL = 32;

/** Runs `work` on each of `items`, up to `limit` at a time; resolves to the results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  limit = PARALLEL,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const run = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, run));
  return results;
}
