import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';

import type { Carrier } from '../carriers/carrier.ts';
import {
  acquireLock,
  EXPIRY_SECONDS,
  releaseLock,
  renewLock,
  type LockOwner,
} from './host-lock.ts';
import { thisProcess } from './lock-process.ts';

/** Locks of all hosts of a fleet. */
export interface FleetLock extends AsyncDisposable {
  /** Aborted once another deployment has taken a lock. */
  readonly signal: AbortSignal;
  /**
   * Requires that no other deployment has taken a lock, as while this machine was asleep.
   *
   * @param members hosts that haven't left the fleet
   * @throws DeployError `ERR_DEPLOY_LOCKED`
   */
  confirm(members: readonly Carrier[]): Promise<void>;
}

/**
 * Takes the locks of all hosts, in the order of their names, so that two deployments don't wait for each other; renews them until it is
 * disposed of.
 *
 * @param skips returns true for a host that has left the fleet, whose lock can't be taken
 * @throws DeployError `ERR_DEPLOY_LOCKED`, `ERR_DEPLOY_HOST`; the locks that were taken are free again
 */
export async function lockFleet(
  carriers: readonly Carrier[],
  ownerName = accountName(),
  skips: (carrier: Carrier) => Promise<boolean> = () => Promise.resolve(false),
): Promise<FleetLock> {
  const owner: LockOwner = {
    id: randomUUID(),
    owner: ownerName,
    since: new Date().toISOString(),
    process: thisProcess(),
  };
  const taken: Carrier[] = [];
  const release = async (): Promise<void> => {
    // A host that is away keeps its lock until that expires.
    await Promise.allSettled(taken.map((carrier) => releaseLock(carrier, owner)));
  };
  try {
    for (const carrier of carriers.toSorted((a, b) => (a.host < b.host ? -1 : 1))) {
      try {
        await acquireLock(carrier, owner);
        taken.push(carrier);
      } catch (error) {
        if (!(await skips(carrier))) throw error;
      }
    }
  } catch (error) {
    await release();
    throw error;
  }
  const lost = new AbortController();
  const renew = async (carrier: Carrier): Promise<void> => {
    try {
      await renewLock(carrier, owner);
    } catch (error) {
      // A host that can't be reached for a moment is not lost: the next renewal succeeds, or the next step there fails.
      if ((error as { code?: unknown }).code === 'ERR_DEPLOY_LOCKED') lost.abort(error);
    }
  };
  const renewAll = () => Promise.all(taken.map(renew));
  const timer = setInterval(() => void renewAll(), (EXPIRY_SECONDS * 1_000) / 6);
  return {
    signal: lost.signal,
    async confirm(members) {
      await Promise.all(taken.filter((carrier) => members.includes(carrier)).map(renew));
      lost.signal.throwIfAborted();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await release();
    },
  };
}

/** Name of this account and machine; an account of a container may have none. */
function accountName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? ''}@${hostname()}`;
  }
}
