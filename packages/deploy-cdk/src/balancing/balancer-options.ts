import { describeValue } from '@fairlead/signature';
import { Token } from 'aws-cdk-lib';

import { checkOneOf, checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Load balancer of a `ModelService`. */
export interface BalancerOptions {
  /** ARN of the certificate in ACM, in the region of the stack. Example: `'arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012'`. */
  readonly certificateArn: string;
  /** Reachable for clients on the internet; else for those in the VPC and in networks that are connected to it. Example: `false`. @defaultValue `true` */
  readonly internetFacing?: boolean;
  /** Networks (CIDR) of clients. Example: `['203.0.113.0/24']`. @defaultValue `['0.0.0.0/0']` */
  readonly clientNetworks?: readonly [string, ...string[]];
  /** Lowest version of TLS. Example: `'1.3'`. @defaultValue `'1.2'`, with forward secrecy and authenticated encryption only */
  readonly minTls?: '1.2' | '1.3';
  /** Refuses to be deleted with the stack, also when its creation is rolled back. Example: `false` for a development environment, and until the stack is created. @defaultValue `true` */
  readonly deletionProtection?: boolean;
  /** Days after which the log of all requests is deleted. Example: `365`. @defaultValue `90` */
  readonly accessLogDays?: number;
  /** Seconds between two checks of a host's readiness, 5 to 300. Example: `5`. @defaultValue `10` */
  readonly healthCheckSeconds?: number;
}

/** Rejects wrong options. */
export function checkBalancerOptions(options: BalancerOptions): void {
  checkOptions('balancer', options, {
    certificateArn: 'required',
    internetFacing: 'optional',
    clientNetworks: 'optional',
    minTls: 'optional',
    deletionProtection: 'optional',
    accessLogDays: 'optional',
    healthCheckSeconds: 'optional',
  });
  const { certificateArn, clientNetworks = [], minTls, accessLogDays } = options;
  const isArn = /^arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate\/\S+$/.test(certificateArn);
  if (!Token.isUnresolved(certificateArn) && !isArn) {
    throw invalidOption(
      `Option balancer.certificateArn is ${describeValue(certificateArn)}: expected the ARN of a certificate in ACM, such as "arn:aws:acm:eu-central-1:111122223333:certificate/1234".`,
    );
  }
  for (const network of clientNetworks) {
    if (Token.isUnresolved(network) || /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/.test(network)) continue;
    throw invalidOption(
      `Option balancer.clientNetworks has ${describeValue(network)}: expected networks of IPv4 such as "203.0.113.0/24".`,
    );
  }
  if (minTls !== undefined) checkOneOf('balancer.minTls', minTls, ['1.2', '1.3']);
  if (accessLogDays !== undefined) {
    checkWholeNumber('balancer.accessLogDays', accessLogDays, { min: 1, max: 3650 });
  }
  if (options.healthCheckSeconds !== undefined) {
    const range = { min: 5, max: 300 };
    checkWholeNumber('balancer.healthCheckSeconds', options.healthCheckSeconds, range);
  }
}
