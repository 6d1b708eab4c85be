import {
  instanceIdOf,
  type Balancer,
  type Cloud,
  type Fleet,
  type FleetHost,
} from '@fairlead/fleet';
import { until } from '@fairlead/test-support';

import type { GroupTemplate } from './group-template.ts';

/** A host in service, with the user data of its first boot. */
export interface GroupInstance {
  readonly host: FleetHost;
  readonly userData: string;
}

/**
 * Simulates an Auto Scaling group on the hosts of a fleet: an instance is a host that wasn't on before, its launch waits for the lifecycle hook, and the load
 * balancer knows it from then until its end.
 */
export class HostGroup {
  /** Instances in service. */
  instances: readonly GroupInstance[] = [];
  /** Ids of the instances whose first boot abandoned their launch. */
  readonly abandoned: string[] = [];
  readonly #unused: FleetHost[];
  readonly #cloud: Cloud;
  readonly #balancer: Balancer;
  readonly #template: GroupTemplate;

  constructor(fleet: Fleet, cloud: Cloud, balancer: Balancer, template: GroupTemplate) {
    this.#unused = [...fleet.hosts];
    this.#cloud = cloud;
    this.#balancer = balancer;
    this.#template = template;
  }

  /** Launches an instance, and returns whether it is in service. */
  async launch(userData: string): Promise<boolean> {
    const host = this.#unused.shift();
    if (host === undefined) throw new Error('no host is left: start a larger fleet');
    await host.setUserData(userData);
    await host.boot({ acceptFailedUnits: true, timeoutMs: 300_000 });
    const id = instanceIdOf(host.address);
    if ((await this.#resultOf(id)) === 'CONTINUE') {
      await this.#balancer.ready(host);
      this.instances = [...this.instances, { host, userData }];
      return true;
    }
    this.abandoned.push(id);
    await host.shutDown();
    return false;
  }

  /** Takes an instance out of the load balancer, waits for its last requests, and ends it. */
  async terminate(instance: GroupInstance): Promise<void> {
    this.instances = this.instances.filter((each) => each !== instance);
    await this.#balancer.remove(instance.host, this.#template.deregistrationDelay * 1_000);
    await instance.host.shutDown();
  }

  /** Result of the lifecycle action of an instance. */
  #resultOf(id: string): Promise<string> {
    const { name, lifecycleHook } = this.#template;
    return until(() =>
      this.#cloud
        .requests()
        .filter(({ url }) => /^\/autoscaling\.[^/]+\/$/.test(url))
        .map(({ body }) => new URLSearchParams(body))
        .filter(
          (action) =>
            action.get('Action') === 'CompleteLifecycleAction' &&
            action.get('AutoScalingGroupName') === name &&
            action.get('LifecycleHookName') === lifecycleHook &&
            action.get('InstanceId') === id,
        )
        .map((action) => action.get('LifecycleActionResult') ?? undefined)
        .at(-1),
    );
  }
}
