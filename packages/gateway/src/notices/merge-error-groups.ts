import type { ErrorGroup } from '@fairlead/monitoring';

/** Returns the error groups of several processes as those of one, the one with the latest error first. */
export function mergeErrorGroups(
  processes: readonly (readonly ErrorGroup[])[],
): readonly ErrorGroup[] {
  const merged = new Map<string, ErrorGroup>();
  for (const group of processes.flat()) {
    const key = JSON.stringify([group.code, group.model, group.place]);
    const other = merged.get(key);
    merged.set(key, other === undefined ? group : add(group, other));
  }
  return [...merged.values()].sort((a, b) => b.lastSeenMs - a.lastSeenMs);
}

function add(one: ErrorGroup, other: ErrorGroup): ErrorGroup {
  const latest = one.lastSeenMs >= other.lastSeenMs ? one : other;
  return {
    ...latest,
    count: one.count + other.count,
    firstSeenMs: Math.min(one.firstSeenMs, other.firstSeenMs),
    lastSeenMs: latest.lastSeenMs,
  };
}
