import { IpAddresses, SubnetType, Vpc, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

import { checkNetworkOptions, type NetworkOptions } from './network-options.ts';

/** Properties of {@link Network}. */
export interface NetworkProps {
  /** Options of `ModelService`. @defaultValue a new VPC without a way to the internet */
  readonly options?: NetworkOptions;
}

/**
 * VPC of a model server: public subnets for the load balancer, and subnets without a route from the internet for hosts.
 *
 * @example
 * ```ts
 * import { Network } from '@fairlead/deploy-cdk';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const network = new Network(new Stack(new App(), 'Shop'), 'Network', {});
 * console.log(network.vpc.isolatedSubnets.length); // 2
 * ```
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** Subnets of the load balancer. */
  readonly balancerSubnets: SubnetSelection;
  /** Subnets of the hosts. */
  readonly hostSubnets: SubnetSelection;

  constructor(scope: Construct, id: string, { options = {} }: NetworkProps) {
    super(scope, id);
    checkNetworkOptions(options);
    const { cidr = '10.0.0.0/16', maxAzs = 2, internetAccess = 'none' } = options;
    const hosts =
      internetAccess === 'nat' ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED;
    this.vpc = options.vpc ?? createVpc(this, { cidr, maxAzs, internetAccess });
    this.balancerSubnets = { subnetType: SubnetType.PUBLIC };
    this.hostSubnets = { subnetType: hosts };
  }
}

function createVpc(
  scope: Construct,
  {
    cidr,
    maxAzs,
    internetAccess,
  }: Required<Pick<NetworkOptions, 'cidr' | 'maxAzs' | 'internetAccess'>>,
): IVpc {
  const hosts =
    internetAccess === 'nat' ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED;
  const vpc = new Vpc(scope, 'Vpc', {
    ipAddresses: IpAddresses.cidr(cidr),
    maxAzs,
    natGateways: internetAccess === 'nat' ? maxAzs : 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'Balancer', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
      { name: 'Hosts', subnetType: hosts, cidrMask: 20 },
    ],
  });
  // Classes of CDK don't fit their interfaces with `exactOptionalPropertyTypes`.
  return vpc as IVpc;
}
