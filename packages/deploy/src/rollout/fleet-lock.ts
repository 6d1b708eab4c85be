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
  const renew = (): void => {
    for (const carrier of taken) {
      renewLock(carrier, owner).catch((error: unknown) => {
        // A host that can't be reached for a moment is not lost: the next renewal succeeds, or the next step there fails.
        if ((error as { code?: unknown }).code === 'ERR_DEPLOY_LOCKED') lost.abort(error);
      });
    }
  };
  const timer = setInterval(renew, (EXPIRY_SECONDS * 1_000) / 6);
  return {
    signal: lost.signal,
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
