import type { Deployment } from '@fairlead/deploy-config';

import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Rules of AWS WAF. */
export interface FirewallOptions {
  /**
   * Requests a minute from one address above which WAF blocks it, at least 10. Example: `6000`.
   * @defaultValue `nginx.perAddress.requestsPerSecond` of the deployment for a minute; no such rule without `perAddress`
   */
  readonly requestsPerMinute?: number;
  /** Rules count and log what they would block, to try them. Example: `true`. @defaultValue `false` */
  readonly countOnly?: boolean;
  /** Days after which the log of the rules is deleted. Example: `90`. @defaultValue `30` */
  readonly logDays?: number;
}

/** CloudFront in front of the load balancer. */
export interface DistributionOptions {
  /** Names of the service. Example: `['models.example.com']`. */
  readonly domainNames: readonly [string, ...string[]];
  /** ARN of their certificate in ACM, in us-east-1. Example: `'arn:aws:acm:us-east-1:111122223333:certificate/…'`. */
  readonly certificateArn: string;
  /**
   * Paths whose answers are cached for as long as their `Cache-Control` says, a day at most. API keys are removed from requests for them, so that no answer to
   * a key is cached; answers on other paths never are. Example: `['/docs/*']`.
   * @defaultValue none
   */
  readonly cachedPaths?: readonly string[];
  /**
   * ARN of a web ACL of WAF with the scope of CloudFront, which exists in us-east-1 only: that of a `Firewall` in a stack there. Example:
   * `'arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/…'`.
   * @defaultValue a new one; required in stacks of other regions, unless `firewall` is `false`
   */
  readonly webAclArn?: string;
  /**
   * ID of the prefix list `com.amazonaws.global.cloudfront.origin-facing` in the region, the only source of connections to the load balancer. Example:
   * `'pl-a3a144ca'`, as `aws ec2 describe-managed-prefix-lists` prints it.
   * @defaultValue every address reaches the load balancer, which answers 403 without the secret header
   */
  readonly originPrefixListId?: string;
}

/** CloudFront and WAF in front of the load balancer. */
export interface EdgeOptions {
  /** Rules of WAF, at CloudFront or, without it, at the load balancer; `false` for none. Example: `{ countOnly: true }`. @defaultValue `{}` */
  readonly firewall?: FirewallOptions | false;
  /** CloudFront. Example: `{ domainNames: ['models.example.com'], certificateArn }`. @defaultValue none */
  readonly distribution?: DistributionOptions;
}

/** Rejects wrong options. */
export function checkEdgeOptions(options: EdgeOptions, { grpc }: Deployment): void {
  checkOptions('edge', options, { firewall: 'optional', distribution: 'optional' });
  if (options.firewall === false && options.distribution === undefined) {
    throw invalidOption(
      'Option edge has neither firewall nor distribution: leave edge out, or set one of them.',
    );
  }
  if (options.distribution === undefined) return;
  if (grpc !== undefined) {
    throw invalidOption(
      'Option edge.distribution is for HTTP, but the deployment has grpc, whose requests would reach the load balancer without CloudFront: leave one of them out.',
    );
  }
  checkDistribution(options.distribution);
}

/** Rejects wrong options. */
export function checkFirewallOptions(options: FirewallOptions): void {
  checkOptions('edge.firewall', options, {
    requestsPerMinute: 'optional',
    countOnly: 'optional',
    logDays: 'optional',
  });
  if (options.requestsPerMinute !== undefined) {
    const range = { min: 10, max: 2_000_000_000 };
    checkWholeNumber('edge.firewall.requestsPerMinute', options.requestsPerMinute, range);
  }
}

function checkDistribution(distribution: DistributionOptions): void {
  checkOptions('edge.distribution', distribution, {
    domainNames: 'required',
    certificateArn: 'required',
    cachedPaths: 'optional',
    webAclArn: 'optional',
    originPrefixListId: 'optional',
  });
  const { domainNames, certificateArn, cachedPaths = [], originPrefixListId } = distribution;
  const expect = (name: string, value: string, isValid: boolean, example: string) => {
    if (isValid) return;
    throw invalidOption(
      `Option edge.distribution.${name} has ${JSON.stringify(value)}: expected such as ${JSON.stringify(example)}.`,
    );
  };
  for (const name of domainNames) {
    expect('domainNames', name, /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(name), 'models.example.com');
  }
  const example = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b';
  const isCertificate = /^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]+$/.test(certificateArn);
  expect('certificateArn', certificateArn, isCertificate, example);
  for (const path of cachedPaths) {
    expect('cachedPaths', path, /^\/[\w./~$&+:@-]*\*?$/.test(path) && path !== '/*', '/docs/*');
  }
  if (originPrefixListId !== undefined) {
    const isList = /^pl-[0-9a-f]+$/.test(originPrefixListId);
    expect('originPrefixListId', originPrefixListId, isList, 'pl-a3a144ca');
  }
}

/** Longest wait of CloudFront for an answer without a higher quota, in seconds. */
const MAX_READ_SECONDS = 60;

/**
 * Returns the time that CloudFront waits for an answer, in seconds: a margin above that of Nginx.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 */
export function readSeconds({ timeouts: { nginxReadMs, marginMs } }: Deployment): number {
  const seconds = Math.ceil((nginxReadMs + marginMs) / 1000);
  if (seconds <= MAX_READ_SECONDS) return seconds;
  throw invalidOption(
    `CloudFront would have to wait for ${seconds} s, which is timeouts.nginxReadMs and timeouts.marginMs of the deployment together, but waits for ${MAX_READ_SECONDS} s at most: shorten timeouts.requestMs, or use asynchronous jobs for long requests.`,
  );
}
