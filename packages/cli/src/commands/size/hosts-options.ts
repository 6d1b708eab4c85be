import type { SizedType } from '@fairlead/sizing';

/** Option `hosts` of the construct `ModelService` (`@fairlead/deploy-cdk`). */
export interface HostsOptions {
  readonly instanceType: string;
  readonly min: number;
  readonly max: number;
  readonly modelLoadSeconds: number;
  readonly scaling: {
    /** Requests a second for each host, above which hosts are added. */
    readonly requestsPerSecond: number;
  };
}

/** Time that the construct adds to `modelLoadSeconds` until a new host counts, in seconds. */
const SETTLING_SECONDS = 60;

/** Returns the hosts of a recommendation as the construct takes them. */
export function hostsOptions(
  { type, hosts, requestsPerTarget, warmUpSeconds }: SizedType,
  spareHosts: number,
): HostsOptions {
  return {
    instanceType: type,
    min: 1 + Math.max(1, spareHosts),
    // Twice the sized hosts, so that a larger burst than expected can be served too.
    max: Math.max(1 + spareHosts, hosts) * 2,
    modelLoadSeconds: Math.max(0, warmUpSeconds - SETTLING_SECONDS),
    scaling: { requestsPerSecond: Math.max(1, Math.floor(requestsPerTarget / 60)) },
  };
}
