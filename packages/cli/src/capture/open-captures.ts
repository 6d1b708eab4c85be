import type { CaptureObjects } from '@fairlead/capture';
import { Option } from '@commander-js/extra-typings';
import { checkLength } from '../check-length.ts';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';

/** Location of captured requests and labels. */
export const capturesOption = new Option(
  '--captures <location>',
  'Captured requests and labels: a folder or s3://bucket/prefix (env: FAIRLEAD_CAPTURE_LOCATION)',
);

/**
 * Opens the captures that `--captures` names, or `FAIRLEAD_CAPTURE_LOCATION`.
 *
 * @throws CliError `ERR_CLI_USAGE` without a location, `ERR_CLI_NO_RUNTIME` without the AWS SDK
 */
export async function openCaptures(
  { environment }: CommandContext,
  { captures }: { readonly captures?: string | undefined },
): Promise<CaptureObjects> {
  const location = captures ?? environment.captures;
  if (location === undefined || location === '') {
    throw new CliError(
      'ERR_CLI_USAGE',
      'no location of captured requests given: add --captures ./folder or --captures s3://bucket/prefix, or set FAIRLEAD_CAPTURE_LOCATION',
    );
  }
  // PATH_MAX of Linux; keys of S3 are shorter.
  checkLength('the location of captured requests', location, 4096);
  if (!location.startsWith('s3://')) {
    const { captureFolder } = await import('@fairlead/capture');
    return captureFolder(location);
  }
  const [, , bucket = '', ...prefix] = location.replace(/\/+$/u, '').split('/');
  const { S3Client } = await withAwsSdk(
    'captures in S3 need the AWS SDK: npm install @aws-sdk/client-s3',
    () => import('@aws-sdk/client-s3'),
    'ERR_CLI_NO_RUNTIME',
  );
  const { captureBucket } = await import('@fairlead/capture/s3');
  return captureBucket({ client: openAwsClient(S3Client), bucket, prefix: prefix.join('/') });
}
