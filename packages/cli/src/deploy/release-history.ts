import type { AuditEntry } from '@fairlead/deploy';

/** Outcomes of a rollout after which all hosts have the release. */
const DONE = new Set(['activated', 'unchanged']);

/**
 * Outcomes after which the hosts have the release from before: one that was reverted, and errors before any host was touched, such as a command
 * of a stack that doesn't exist.
 */
const UNCHANGED = new Set(['reverted', 'ERR_CLI_USAGE', 'ERR_DEPLOY_HOST']);

/** Change of the release whose end the log lacks, or that failed: some or all hosts may have its release. */
export interface UnfinishedChange {
  readonly command: 'deploy' | 'rollback';
  /** Release of a deployment; `undefined` for a rollback, which finds it out on the hosts. */
  readonly release: string | undefined;
}

/** Releases of an environment by its audit log. */
export interface ReleaseHistory {
  /** Releases that all hosts had, the latest first. A rollback removes those after its release, as the history of a host. */
  readonly releases: readonly string[];
  /** Changes since the latest release of all hosts, the oldest first. */
  readonly unfinished: readonly UnfinishedChange[];
}

/**
 * Reads which releases an environment had, and which changes were begun since and not finished.
 *
 * @param entries of one environment, the oldest first
 */
export function releaseHistory(entries: readonly AuditEntry[]): ReleaseHistory {
  let releases: readonly string[] = [];
  const unfinished = new Map<string, UnfinishedChange>();
  for (const entry of entries) {
    const { command, id, phase, outcome = '' } = entry;
    if (command !== 'deploy' && command !== 'rollback') continue;
    const release = releaseOf(entry);
    if (!isDone(entry) || release === undefined) {
      if (phase === 'finished' && UNCHANGED.has(outcome)) unfinished.delete(id);
      else unfinished.set(id, { command, release });
      continue;
    }
    unfinished.clear();
    const index = command === 'rollback' ? releases.indexOf(release) : -1;
    if (command === 'deploy') {
      releases = [release, ...releases.filter((each) => each !== release)];
    } else if (index === -1) {
      releases = [release, ...releases.slice(1)];
    } else {
      // A second rollback goes one release further back, not forward again.
      releases = releases.slice(index);
    }
  }
  return { releases, unfinished: [...unfinished.values()] };
}

/** Returns whether all hosts of an environment had a release at some time, by its audit log. */
export function wasDeployed(entries: readonly AuditEntry[], digest: string): boolean {
  return entries.some(
    (entry) =>
      (entry.command === 'deploy' || entry.command === 'rollback') &&
      releaseOf(entry) === digest &&
      isDone(entry),
  );
}

/** Returns the command that finished the change which brought a release to hosts, by what the log lacks. */
export function unfinishedCommand(
  { unfinished }: ReleaseHistory,
  release: string,
): UnfinishedChange['command'] {
  const isOfRelease = (change: UnfinishedChange): boolean =>
    change.command === 'rollback' || change.release === release;
  return unfinished.findLast(isOfRelease)?.command ?? 'deploy';
}

/** Returns the release of a change: a rollback that failed after all hosts had it has only that of new hosts. */
function releaseOf({ release, newHosts }: AuditEntry): string | undefined {
  return release ?? newHosts;
}

/** Returns whether all hosts had the release of a change: also when only one that was starting didn't get it. */
function isDone(entry: AuditEntry): boolean {
  const { phase, outcome = '', newHosts } = entry;
  if (phase !== 'finished') return false;
  return DONE.has(outcome) || (newHosts !== undefined && newHosts === releaseOf(entry));
}
