import { startBalancer, startFleet, type Balancer as HAProxy, type Fleet } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';

import type { Balancer, RolloutHost } from '../../src/index.ts';
import { haproxyBalancer } from '../../src/haproxy.ts';
import { sshCarrier } from '../../src/ssh.ts';

/** Hosts behind HAProxy, reached by SSH. */
export interface ServedFleet extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly haproxy: HAProxy;
  readonly balancer: Balancer;
  readonly hosts: readonly RolloutHost[];
}

/** Starts hosts behind HAProxy. */
export async function startServedFleet(count: number): Promise<ServedFleet> {
  const fleet = await startFleet({ hosts: count });
  try {
    const haproxy = await startBalancer(fleet);
    const hosts = await Promise.all(
      fleet.hosts.map(async ({ name }) => ({
        carrier: await sshCarrier({ url: name, configFile: fleet.sshConfig }),
        target: name,
      })),
    );
    return {
      ...{ fleet, haproxy, hosts },
      balancer: haproxyBalancer({ socket: haproxy.socket, backend: 'hosts' }),
      async [Symbol.asyncDispose]() {
        await Promise.all(hosts.map(({ carrier }) => carrier.close()));
        await fleet.close();
      },
    };
  } catch (error) {
    await fleet.close();
    throw error;
  }
}

/** Waits until HAProxy sends requests to every host. */
export async function untilAllServe({ haproxy }: ServedFleet): Promise<void> {
  await until(async () =>
    Object.values(await haproxy.states()).every(({ status }) => status === 'UP'),
  );
}
