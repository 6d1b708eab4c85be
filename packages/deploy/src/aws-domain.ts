/** Domains of AWS by the regions of a partition; all others have `amazonaws.com`. */
const DOMAINS: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^eusc-/, 'amazonaws.eu'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
];

/**
 * Returns the domain of the services of AWS in a region.
 *
 * Source: the partitions of the AWS SDK for JavaScript, `@aws-sdk/core` 3.1173
 *
 * @example
 * ```ts
 * import { awsDomain } from '@fairlead/deploy';
 *
 * console.log(`s3.eusc-de-east-1.${awsDomain('eusc-de-east-1')}`); // s3.eusc-de-east-1.amazonaws.eu
 * ```
 */
export function awsDomain(region: string): string {
  return DOMAINS.find(([regions]) => regions.test(region))?.[1] ?? 'amazonaws.com';
}
