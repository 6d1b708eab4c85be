import type { IVpc } from 'aws-cdk-lib/aws-ec2';

import { checkOneOf, checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Way of the hosts to addresses outside of the VPC. */
export type InternetAccess = 'none' | 'nat';

/** Network of a `ModelService`. */
export interface NetworkOptions {
  /**
   * VPC that exists already, with subnets for the load balancer and subnets without a route from the internet for hosts. Its flow log and its
   * endpoints are left to its owner. Example: `Vpc.fromLookup(this, 'Vpc', { vpcId: 'vpc-0a1b2c3d' })`.
   * @defaultValue a new VPC
   */
  readonly vpc?: IVpc;
  /** Addresses of the new VPC. Example: `'10.20.0.0/16'`. @defaultValue `'10.0.0.0/16'` */
  readonly cidr?: string;
  /** Availability Zones of the new VPC, 2 to 6. Example: `3`. @defaultValue `2` */
  readonly maxAzs?: number;
  /**
   * `'nat'` adds a NAT gateway in each Availability Zone, so that hosts can install packages of Debian; with `'none'` they reach the AWS services of
   * this construct only, and need an image that has the packages. Example: `'nat'`.
   * @defaultValue `'none'`
   */
  readonly internetAccess?: InternetAccess;
  /** Days after which the log of the network's connections is deleted. Example: `365`. @defaultValue `30` */
  readonly flowLogDays?: number;
}

/** Rejects wrong options. */
export function checkNetworkOptions(options: NetworkOptions): void {
  checkOptions('network', options, {
    vpc: 'optional',
    cidr: 'optional',
    maxAzs: 'optional',
    internetAccess: 'optional',
    flowLogDays: 'optional',
  });
  const { vpc, cidr, maxAzs, internetAccess, flowLogDays } = options;
  const ofNewVpc = Object.entries({ cidr, maxAzs, internetAccess, flowLogDays });
  const [unused] = ofNewVpc.find(([, value]) => value !== undefined) ?? [];
  if (vpc !== undefined && unused !== undefined) {
    throw invalidOption(
      `Option network.${unused} is of a new VPC, but network.vpc is one that exists: leave one of them out.`,
    );
  }
  if (maxAzs !== undefined) checkWholeNumber('network.maxAzs', maxAzs, { min: 2, max: 6 });
  if (internetAccess !== undefined) {
    checkOneOf('network.internetAccess', internetAccess, ['none', 'nat']);
  }
}
