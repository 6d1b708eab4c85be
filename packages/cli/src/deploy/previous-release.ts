import type { AuditEntry } from '@fairlead/deploy';

/** Outcomes of a rollout after which all hosts have the release. */
const DONE = new Set(['activated', 'unchanged']);

/**
 * Finds the release that an environment ran before another one, by its audit log: for a rollback when no host is old enough to know it.
 *
 * @param entries of one environment, the oldest first
 */
export function previousRelease(
  entries: readonly AuditEntry[],
  current: string,
): string | undefined {
  // The latest release is first, as in the history of a host.
  let history: readonly string[] = [];
  for (const entry of entries) {
    const { command, release } = entry;
    if (release === undefined || !isDone(entry)) continue;
    if (command === 'deploy') history = [release, ...history.filter((each) => each !== release)];
    if (command !== 'rollback') continue;
    const index = history.indexOf(release);
    // A second rollback goes one release further back, not forward again.
    history = index === -1 ? [release, ...history.slice(1)] : history.slice(index);
  }
  return history[0] === current ? history[1] : undefined;
}

/** Returns whether all hosts of an environment had a release at some time, by its audit log. */
export function wasDeployed(entries: readonly AuditEntry[], digest: string): boolean {
  return entries.some(
    (entry) =>
      (entry.command === 'deploy' || entry.command === 'rollback') &&
      entry.release === digest &&
      isDone(entry),
  );
}

/** Returns whether all hosts had the release of a change: also when only one that was starting didn't get it. */
function isDone({ phase, release, outcome = '', newHosts }: AuditEntry): boolean {
  return phase === 'finished' && (DONE.has(outcome) || (newHosts ?? '') === release);
}
