import type { Deployment } from '@fairlead/deploy-config';
import { Construct } from 'constructs';

import { checkOptions } from './check-options.ts';
import { Network } from './network/network.ts';
import type { NetworkOptions } from './network/network-options.ts';

/** Properties of {@link ModelService}. */
export interface ModelServiceProps {
  /** Deployment of the hosts: ports, paths, timeouts and limits are read from it. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Network of the load balancer and the hosts. Example: `{ maxAzs: 3 }`. @defaultValue a new VPC in two Availability Zones */
  readonly network?: NetworkOptions;
}

/**
 * Model server on EC2 with what surrounds it.
 *
 * @example
 * ```ts
 * import { ModelService } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: { command: ['/opt/fairlead/current/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * const service = new ModelService(new Stack(new App(), 'Shop'), 'Service', { deployment });
 * console.log(service.network.vpc.publicSubnets.length); // 2
 * ```
 */
export class ModelService extends Construct {
  readonly network: Network;

  constructor(scope: Construct, id: string, props: ModelServiceProps) {
    super(scope, id);
    checkOptions('ModelService', props, { deployment: 'required', network: 'optional' });
    this.network = new Network(this, 'Network', {
      ...(props.network && { options: props.network }),
    });
  }
}
