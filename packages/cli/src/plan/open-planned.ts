import type { Balancer, Carrier, RolloutHost } from '@fairlead/deploy';
import { instanceTargets, type Targets } from '../deploy/instance-targets.ts';
import { openBalancer } from '../deploy/open-balancer.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';

/** A host of a plan, with its balancer. */
export interface PlannedHost {
  readonly hosts: readonly [RolloutHost];
  readonly balancer: Balancer | undefined;
}

/** Returns the function that gives each host of a plan its name at the balancer, and the balancer, which the plan reads only. */
export async function openPlanned(
  chosen: ReachableEnvironment,
): Promise<(carrier: Carrier, url: string) => PlannedHost> {
  const { balancerTarget } = await import('@fairlead/deploy-config');
  const balancer = await openBalancer(chosen);
  // A plan needs no permission to read target groups.
  const targets: Targets = await instanceTargets(chosen).catch(() => new Map());
  return (carrier, url) => {
    const { target = targets.get(url) } = chosen.hosts.find((host) => host.url === url) ?? {};
    return { hosts: [{ carrier, target: balancerTarget({ url, target }) }], balancer };
  };
}
