import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Carrier } from '../carriers/carrier.ts';
import { isUnreachable } from '../hosts/run-on-host.ts';
import {
  acquireLock,
  EXPIRY_SECONDS,
  releaseLock,
  renewLock,
  type LockOwner,
} from './host-lock.ts';
import { thisProcess } from './lock-process.ts';

/** Pause before a second connection to a host. */
const RECONNECT_MS = 2_000;

/**
 * Time for which a renewal counts, in milliseconds by the clock of the system: another deployment takes a lock only after its expiry. The clock
 * goes on while a machine sleeps, but not always while a virtual one is paused, so it decides neither on a change nor on a host that serves again.
 */
const FRESH_MS = 10_000;
/** Age at which a lock that can't be renewed may be that of another deployment soon, in milliseconds. */
const DOUBTFUL_MS = (EXPIRY_SECONDS - 30) * 1_000;

/** Locks of all hosts of a fleet. Another deployment takes them when this machine was asleep for longer than their expiry. */
export interface FleetLock extends AsyncDisposable {
  /** Aborted once another deployment has taken a lock; its reason is a DeployError `ERR_DEPLOY_LOCKED`. */
  readonly signal: AbortSignal;
  /**
   * Renews locks, except those that were renewed within ten seconds; returns false once another deployment has taken one. A host that can't
   * be reached doesn't count: nothing changes it without `confirm`.
   */
  isHeld(members: readonly Carrier[]): Promise<boolean>;
  /**
   * Renews the lock of a host, unless it was renewed within ten seconds, before a request that another one corrects, such as to a balancer.
   *
   * @throws DeployError as `confirm`
   */
  check(carrier: Carrier): Promise<void>;
  /**
   * Renews the lock of a host, right before it is changed, or serves again.
   *
   * @throws DeployError `ERR_DEPLOY_LOCKED` when another deployment has taken a lock, `ERR_DEPLOY_HOST` when the host can't be reached
   */
  confirm(carrier: Carrier): Promise<void>;
  /**
   * Returns whether this deployment may let a host serve that it has drained: no other deployment has its lock. One that had it, and has
   * ended, may have left the host drained, so the lock is taken again then. A host that can't be reached is this deployment's until its lock
   * may have expired.
   */
  reclaim(carrier: Carrier): Promise<boolean>;
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
  const renewedAt = new Map<Carrier, number>();
  const release = async (): Promise<void> => {
    // A host that is away keeps its lock until that expires.
    await Promise.allSettled(taken.map((carrier) => releaseLock(carrier, owner)));
  };
  try {
    for (const carrier of carriers.toSorted((a, b) => (a.host < b.host ? -1 : 1))) {
      try {
        const begin = Date.now();
        await acquireLock(carrier, owner);
        renewedAt.set(carrier, begin);
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
    const begin = Date.now();
    try {
      await renewLock(carrier, owner);
      renewedAt.set(carrier, begin);
    } catch (error) {
      if (isLocked(error)) lost.abort(error);
      throw error;
    }
  };
  // A host that can't be reached for a moment is not lost: the next renewal succeeds, or the next change there fails.
  const renewAll = (members: readonly Carrier[]) => Promise.allSettled(members.map(renew));
  const timer = setInterval(() => void renewAll(taken), (EXPIRY_SECONDS * 1_000) / 6);
  const isOlder = (carrier: Carrier, ms: number): boolean => {
    const age = Date.now() - (renewedAt.get(carrier) ?? -Infinity);
    // The clock may have been set back.
    return age < 0 || age > ms;
  };
  const confirm = async (carrier: Carrier): Promise<void> => {
    lost.signal.throwIfAborted();
    await twice(() => renew(carrier));
    // Another renewal may have found out.
    lost.signal.throwIfAborted();
  };
  return {
    signal: lost.signal,
    async isHeld(members) {
      await renewAll(
        taken.filter((carrier) => members.includes(carrier) && isOlder(carrier, FRESH_MS)),
      );
      return !lost.signal.aborted;
    },
    async check(carrier) {
      lost.signal.throwIfAborted();
      if (isOlder(carrier, FRESH_MS)) await confirm(carrier);
    },
    confirm,
    async reclaim(carrier) {
      try {
        await renew(carrier);
        return true;
      } catch (error) {
        // A host that can't be reached is this deployment's until its lock expires.
        if (!isLocked(error)) return !lost.signal.aborted && !isOlder(carrier, DOUBTFUL_MS);
      }
      return acquireLock(carrier, owner).then(
        () => true,
        () => false,
      );
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await release();
    },
  };
}

function isLocked(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'ERR_DEPLOY_LOCKED';
}

/** Runs a command a second time when the connection breaks. */
async function twice(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    await sleep(RECONNECT_MS);
    await work();
  }
}

/** Name of this account and machine; an account of a container may have none. */
function accountName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? ''}@${hostname()}`;
  }
}
