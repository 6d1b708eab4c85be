import type { Deployment } from '@fairlead/deploy-config';
import { Construct } from 'constructs';

import type { BalancerOptions } from './balancing/balancer-options.ts';
import { Balancer } from './balancing/balancer.ts';
import { checkOptions } from './check-options.ts';
import type { HostsOptions } from './hosts/hosts-options.ts';
import { Hosts } from './hosts/hosts.ts';
import type { ReleaseOptions } from './hosts/release-options.ts';
import type { NetworkOptions } from './network/network-options.ts';
import { Network } from './network/network.ts';
import type { UpdateOptions } from './updates/update-options.ts';

/** Properties of {@link ModelService}. */
export interface ModelServiceProps {
  /** Deployment of the hosts: ports, paths, timeouts and limits are read from it. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Release that new hosts download. Example: `{ bucket: 'acme-shop-releases', release: await readBootRelease('release.tar') }`. */
  readonly release: ReleaseOptions;
  /** Hosts. Example: `{ instanceType: 'm7g.large', max: 12 }`. */
  readonly hosts: HostsOptions;
  /** Load balancer. Example: `{ certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' }`. */
  readonly balancer: BalancerOptions;
  /** Network of the load balancer and the hosts. Example: `{ maxAzs: 3 }`. @defaultValue a new VPC in two Availability Zones, without a way to the internet */
  readonly network?: NetworkOptions;
  /** Way of a release to the hosts. Example: `{ kind: 'inPlace', parameter: '/shop/prod/release' }`. @defaultValue `{ kind: 'immutable' }` */
  readonly updates?: UpdateOptions;
}

/**
 * Model server on EC2: an Auto Scaling group of hosts behind an Application Load Balancer, in a separate network or one that exists.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { ModelService } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 8e9 },
 *   layout: 'host',
 *   nginx: {
 *     listen: { scheme: 'http', address: '0.0.0.0:8080' },
 *     publicScheme: 'https',
 *     trustedProxies: ['10.0.0.0/16'],
 *   },
 *   gateway: { command: ['/opt/fairlead/current/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * const service = new ModelService(new Stack(new App(), 'Shop'), 'Service', {
 *   deployment,
 *   network: { internetAccess: 'nat' },
 *   hosts: { instanceType: 'm7g.large' },
 *   balancer: { certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' },
 *   updates: { kind: 'inPlace', parameter: '/shop/release' },
 *   release: { bucket: 'acme-shop-releases' },
 * });
 * console.log(service.hosts.updateAlarms.length); // 0
 * ```
 */
export class ModelService extends Construct {
  readonly network: Network;
  readonly balancer: Balancer;
  readonly hosts: Hosts;

  constructor(scope: Construct, id: string, props: ModelServiceProps) {
    super(scope, id);
    checkOptions('ModelService', props, {
      deployment: 'required',
      release: 'required',
      hosts: 'required',
      balancer: 'required',
      network: 'optional',
      updates: 'optional',
    });
    const { deployment, release, updates } = props;
    this.network = new Network(this, 'Network', { options: props.network ?? {} });
    const { network } = this;
    this.balancer = new Balancer(this, 'Balancer', {
      deployment,
      network,
      options: props.balancer,
    });
    const { balancer } = this;
    this.hosts = new Hosts(this, 'Hosts', {
      ...{ deployment, network, balancer, release, updates },
      options: props.hosts,
    });
  }
}
