import { describeValue } from '@fairlead/signature';

import type { Balancer } from '../balancers/balancer.ts';
import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { batchSize, type Batch } from './batches.ts';
import type { Departure } from './departure.ts';
import type { FetchedRelease } from '../releases/release-store.ts';
import type { RolloutEvent, RolloutHost } from './rollout.ts';

/** Options of rolling updates and rollbacks. */
export interface FleetOptions {
  /** Hosts in the order of the update. */
  readonly hosts: readonly RolloutHost[];
  /** The balancer in front of the hosts. @defaultValue none: requests wait in the sockets of systemd during a restart */
  readonly balancer?: Balancer | undefined;
  /**
   * Hosts at a time: a number, or a share such as `"25%"`, rounded down. When it holds all hosts, such as the only one, none is drained:
   * requests wait in the sockets of systemd during the restart. @defaultValue `1`
   */
  readonly batch?: Batch | undefined;
  /**
   * Returns why a host has left the fleet, by the host name of its carrier: such a host is skipped, unless it is unhealthy with the new
   * release. @defaultValue hosts don't leave
   */
  readonly departure?: ((host: string) => Promise<Departure | undefined>) | undefined;
  /**
   * Called with the release once every host has it, while no other call can change them, such as to write it where new hosts read it.
   * Its error rejects the call. @defaultValue not called
   */
  readonly onEveryHost?: ((release: string) => Promise<void>) | undefined;
  /**
   * Called once the hosts are locked, before the first one is changed; what it returns is disposed of after the last one. It suspends what
   * would replace a host during its update, such as the health checks of a group. @defaultValue not called
   */
  readonly suspend?: (() => Promise<AsyncDisposable | undefined>) | undefined;
  /** True if other hosts behind the balancer serve: then all of these may be drained. @defaultValue `false` */
  readonly othersServe?: boolean | undefined;
  /** Name in the lock, for people who deploy at the same time. @defaultValue account and name of this machine */
  readonly owner?: string | undefined;
  /** Stops between two hosts; the fleet serves, and the next call goes on. @defaultValue never */
  readonly signal?: AbortSignal | undefined;
  /** Called with the progress; its errors are ignored. @defaultValue not called */
  readonly onEvent?: ((event: RolloutEvent) => void) | undefined;
}

/** Options of `rollOut`. */
export interface RollOutOptions extends FleetOptions {
  /** Path of the release on this machine. */
  readonly release: string;
  /** Ed25519 public keys (PEM), one of which must have signed the release. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Time for which the hosts are watched after the last of them was updated, in milliseconds; 0 for none. @defaultValue `75_000` */
  readonly watchMs?: number | undefined;
}

/** Releases for hosts that lack the one before. A `ReleaseStore` has `fetch`. */
export interface RollBackReleases {
  /** Copies a release to this machine; it is removed after the rollback. */
  fetch(digest: string): Promise<FetchedRelease>;
  /**
   * Returns the release before another one in the history of the fleet; `undefined` if there is none. A rejection refuses the rollback,
   * unless a change stopped between two hosts: these decide then. @defaultValue none
   */
  previous?(current: string): Promise<string | undefined>;
}

/** Options of `rollBack`. */
export interface RollBackOptions extends FleetOptions {
  /** Digest of the release to return to. @defaultValue the release before, of the hosts that have one */
  readonly to?: string | undefined;
  /**
   * Releases for hosts that lack the one before, such as new instances of an Auto Scaling group. @defaultValue none: such a host is an error
   */
  readonly releases?: RollBackReleases | undefined;
  /** Ed25519 public keys (PEM), one of which must have signed a release of `releases`. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
}

const fleetNames = {
  hosts: 'required',
  balancer: 'optional',
  batch: 'optional',
  departure: 'optional',
  suspend: 'optional',
  othersServe: 'optional',
  onEveryHost: 'optional',
  owner: 'optional',
  signal: 'optional',
  onEvent: 'optional',
} as const;

/** Rejects wrong options of `rollOut`. */
export function checkRollOutOptions(options: RollOutOptions): void {
  checkOptions('rollOut', options, {
    ...{ ...fleetNames, release: 'required', trustedKeys: 'optional', watchMs: 'optional' },
  });
  checkText('release', 'the path of a release', options.release);
  const { watchMs = 0 } = options;
  if (!Number.isSafeInteger(watchMs) || watchMs < 0 || watchMs > 3_600_000) {
    throw invalidOption(
      `Option watchMs is ${describeValue(watchMs)}: expected whole milliseconds from 0 to 3600000 (an hour).`,
    );
  }
  checkFleet(options);
}

/** Rejects wrong options of `rollBack`. */
export function checkRollBackOptions(options: RollBackOptions): void {
  checkOptions('rollBack', options, {
    ...{ ...fleetNames, to: 'optional', releases: 'optional', trustedKeys: 'optional' },
  });
  const { to, releases } = options;
  if (to !== undefined && !/^[0-9a-f]{64}$/.test(to)) {
    throw invalidOption(
      `Option to is ${describeValue(to)}: expected the 64 hexadecimal digits of a release.`,
    );
  }
  if (releases !== undefined && typeof releases.fetch !== 'function') {
    throw invalidOption('Option releases has no method fetch().');
  }
  checkFleet(options);
}

function checkFleet({ hosts, balancer, batch = 1, owner }: FleetOptions): void {
  if (!Array.isArray(hosts) || hosts.length === 0) {
    throw invalidOption('Option hosts: expected a list of hosts with a carrier.');
  }
  const names = hosts.map((host: RolloutHost, index) => {
    const { carrier } = { ...host } as Partial<RolloutHost>;
    if (typeof carrier?.run === 'function' && typeof carrier.host === 'string') return carrier.host;
    throw invalidOption(
      `Option hosts[${index}].carrier: expected a carrier, such as that of sshCarrier().`,
    );
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidOption(`Option hosts has ${describeValue(twice)} twice.`);
  if (balancer !== undefined) {
    for (const method of ['drain', 'ready'] as const) {
      if (typeof balancer[method] === 'function') continue;
      throw invalidOption(`Option balancer has no method ${method}().`);
    }
  }
  if (batchSize(batch, hosts.length) === undefined) {
    throw invalidOption(
      `Option batch is ${describeValue(batch)}: expected a number of hosts from 1, or a share such as "25%".`,
    );
  }
  if (owner !== undefined) checkText('owner', 'a name', owner);
}
