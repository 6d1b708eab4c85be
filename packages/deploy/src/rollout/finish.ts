import { DeployError } from '../deploy-error.ts';
import { isUnreachable } from '../hosts/run-on-host.ts';
import type { FleetLock } from './fleet-lock.ts';
import type { HostUpdate } from './host-update.ts';
import { summarize, type Rollout } from './rollout.ts';

/** Work whose result {@link finish} returns. */
export interface FinishedWork {
  readonly updates: readonly HostUpdate[];
  readonly lock: FleetLock;
  /** Aborted when the work was stopped between two hosts. */
  readonly stop: AbortSignal;
  /** Release that the hosts were to have; `undefined` if it wasn't found out. */
  readonly release?: string | undefined;
  readonly onEveryHost: ((release: string) => Promise<void>) | undefined;
}

/**
 * Returns the result of a rolling update or a rollback. If every host has the release, calls `onEveryHost` while the locks are held.
 *
 * @throws DeployError `ERR_DEPLOY_LOCKED` when another deployment has taken a lock; before `onEveryHost`, `ERR_DEPLOY_HOST` when a host can't
 * be reached to confirm its lock
 */
export async function finish({
  updates,
  lock,
  stop,
  release,
  onEveryHost,
}: FinishedWork): Promise<Rollout> {
  requireLocks(lock, updates);
  const hosts = updates.map(({ result }) => result);
  const rollout = summarize(hosts, { isAborted: stop.aborted, release });
  const { outcome } = rollout;
  if (onEveryHost === undefined || release === undefined) return rollout;
  if (outcome !== 'activated' && outcome !== 'unchanged') return rollout;
  const confirmed = await Promise.allSettled(updates.map((each) => confirmMember(each, lock)));
  requireLocks(lock, updates);
  for (const result of confirmed) if (result.status === 'rejected') throw result.reason;
  await onEveryHost(release);
  return rollout;
}

/** Confirms the lock of a host, unless it has left the fleet. */
async function confirmMember(update: HostUpdate, lock: FleetLock): Promise<void> {
  if (update.hasLeft) return;
  try {
    await lock.confirm(update.carrier);
  } catch (error) {
    if (!isUnreachable(error) || (await update.departure()) === undefined) throw error;
  }
}

/** Throws once a lock was lost; the message has what was changed before, and what is left to the other deployment. */
function requireLocks({ signal }: FleetLock, updates: readonly HostUpdate[]): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  const lost = reason instanceof Error ? reason.message : String(reason);
  const namesOf = (found: readonly HostUpdate[]) =>
    found.map(({ carrier }) => carrier.host).join(', ');
  const changed = updates.filter(({ hasBegun }) => hasBegun);
  const drained = updates.filter(({ isDrained }) => isDrained);
  const sentences = [
    lost,
    changed.length === 0
      ? 'This one changed nothing.'
      : `This one changes nothing more; before, it changed ${namesOf(changed)}.`,
    ...(drained.length === 0
      ? []
      : [
          `The balancer sends no requests to ${namesOf(drained)}: the other deployment lets it serve, or the next one.`,
        ]),
    'Look at the hosts before the next deployment: fairlead hosts status.',
  ];
  throw new DeployError('ERR_DEPLOY_LOCKED', sentences.join(' '), { cause: reason });
}
