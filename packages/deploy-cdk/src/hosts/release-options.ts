import type { BootRelease } from '@fairlead/deploy';
import type { Deployment } from '@fairlead/deploy-config';
import { describeValue } from '@fairlead/signature';

import { checkOptions, invalidOption } from '../check-options.ts';
import type { UpdateOptions } from '../updates/update-options.ts';

/** Release that hosts download from S3 at their first boot, as `<prefix><digest>.tar`. */
export interface ReleaseOptions {
  /** Name of the bucket with the archives, which must be there before hosts are. Example: `'acme-shop-releases'`. */
  readonly bucket: string;
  /** Begin of the keys of archives. Example: `'shop/'`. @defaultValue `'releases/archives/'`, where the `releaseStore` `s3://<bucket>/releases` of an environment has them */
  readonly prefix?: string;
  /** ARN of the KMS key of the bucket. Example: `'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'`. @defaultValue no KMS key */
  readonly keyArn?: string;
  /** Release of `readBootRelease`; with updates in place the parameter names it. Example: `await readBootRelease('release.tar')`. @defaultValue required for immutable updates */
  readonly release?: BootRelease;
  /** Public keys (PEM), one of which must have signed the release. Example: `readFileSync('release.pub', 'utf8')`. @defaultValue the digest alone is checked */
  readonly trustedKeys?: string;
}

/** Begin of the keys of archives, unless an option has another. */
export const DEFAULT_PREFIX = 'releases/archives/';

/**
 * Rejects wrong options, and a release that doesn't fit the deployment.
 *
 * @param options Release of the hosts.
 * @param updates Way of a release to the hosts.
 * @param deployment Deployment of the hosts.
 * @param platform Platform of the hosts, as releases name it.
 */
export function checkReleaseOptions(
  options: ReleaseOptions,
  updates: UpdateOptions,
  deployment: Deployment,
  platform: string,
): void {
  checkOptions('release', options, {
    bucket: 'required',
    prefix: 'optional',
    keyArn: 'optional',
    release: 'optional',
    trustedKeys: 'optional',
  });
  const { prefix, release } = options;
  if (prefix !== undefined && !/^(?:[\w.-]+\/)*$/.test(prefix)) {
    throw invalidOption(
      `Option release.prefix is ${describeValue(prefix)}: expected a prefix that ends with a slash, such as "shop/".`,
    );
  }
  if (updates.kind === 'inPlace') {
    if (release === undefined) return;
    throw invalidOption(
      `Option release.release names a release, but with updates in place the parameter ${updates.parameter} does: leave it out, or use updates: { kind: 'immutable' }.`,
    );
  }
  if (release === undefined) {
    throw invalidOption(
      "Option release.release is missing, which immutable updates need: await readBootRelease('release.tar') of @fairlead/deploy.",
    );
  }
  checkRelease(release, deployment, platform);
}

function checkRelease(release: BootRelease, deployment: Deployment, platform: string): void {
  if (release.name !== deployment.name) {
    throw invalidOption(
      `The release is of the deployment ${describeValue(release.name)}, not of ${describeValue(deployment.name)}: build it from the same deployment.`,
    );
  }
  if (release.platform !== platform) {
    throw invalidOption(
      `The release is for ${release.platform}, but hosts.instanceType is ${platform}: build the release for ${platform}, or choose another type.`,
    );
  }
  if (release.goldenChecks === 0) {
    throw invalidOption(
      'The release has no prediction with an expected answer among its checks, so that a host would take requests before it is known to predict: build it with checks of golden examples.',
    );
  }
}
