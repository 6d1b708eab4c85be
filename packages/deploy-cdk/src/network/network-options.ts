import type { IVpc } from 'aws-cdk-lib/aws-ec2';

import { checkOneOf, checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import { retentionOf } from '../retention-days.ts';

/** Way of the hosts to addresses outside of the VPC. */
export type InternetAccess = 'none' | 'nat';

/** Network of a `ModelService`. */
export interface NetworkOptions {
  /**
   * VPC that exists already, with public subnets and isolated ones for hosts, or private ones when it has no isolated ones. Its flow log and its endpoints
   * are left to its owner. Example: `Vpc.fromLookup(this, 'Vpc', { vpcId: 'vpc-0a1b2c3d' })`.
   * @defaultValue a new VPC
   */
  readonly vpc?: IVpc;
  /** Addresses of the new VPC, a network of /16 to /18; `nginx.trustedProxies` of the deployment has the same. Example: `'10.20.0.0/16'`. @defaultValue `'10.0.0.0/16'` */
  readonly cidr?: string;
  /** Availability Zones of the new VPC, 2 to 6. Example: `3`. @defaultValue `2` */
  readonly maxAzs?: number;
  /**
   * `'nat'` adds a NAT gateway in each Availability Zone, so that hosts can install packages of Debian; with `'none'` they reach the AWS services of
   * this construct only, by endpoints, and need an image that has the packages. Example: `'nat'`.
   * @defaultValue `'none'`
   */
  readonly internetAccess?: InternetAccess;
  /** Days after which CloudWatch Logs deletes the log of the network's connections. Example: `365`. @defaultValue `30` */
  readonly flowLogDays?: number;
}

/** Addresses of a new VPC, unless an option has others. */
export const DEFAULT_CIDR = '10.0.0.0/16';

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
  if (cidr !== undefined) checkCidr(cidr);
  if (maxAzs !== undefined) checkWholeNumber('network.maxAzs', maxAzs, { min: 2, max: 6 });
  if (internetAccess !== undefined) {
    checkOneOf('network.internetAccess', internetAccess, ['none', 'nat']);
  }
  if (flowLogDays !== undefined) retentionOf('Option network.flowLogDays', flowLogDays);
}

/** Six subnets of /24 and six of /20 don't fit into a smaller network than /17; /18 holds those of three zones. */
function checkCidr(cidr: string): void {
  if (/^\d{1,3}(?:\.\d{1,3}){3}\/1[678]$/.test(cidr)) return;
  throw invalidOption(
    `Option network.cidr is ${JSON.stringify(cidr)}: expected a network of /16 to /18, such as "10.0.0.0/16".`,
  );
}
