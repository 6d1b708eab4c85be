import { maskCredentials } from '@fairlead/signature';
import { RegistryError } from '../errors/registry-error.ts';
import { isKeySegment } from '../store/store-key.ts';

/** Location of a registry in S3. */
export interface S3Location {
  readonly bucket: string;
  /** Keys begin with it and a `/`; `''` for the whole bucket. */
  readonly prefix: string;
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const BUCKET = /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** S3 takes keys of 1024 bytes; a registry's own are at most some 300. */
const MAX_PREFIX_LENGTH = 512;

/**
 * Checks a bucket and a prefix; a `/` at the end of the prefix is dropped.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`
 */
export function s3Location(bucket: string, prefix = ''): S3Location {
  if (!BUCKET.test(bucket)) {
    throw invalid(
      `${JSON.stringify(bucket)} is not a valid name of a bucket: 3 to 63 of a-z, 0-9, "." and "-"`,
    );
  }
  const plain = prefix.replace(/\/$/, '');
  const usable = plain.length <= MAX_PREFIX_LENGTH && plain.split('/').every(isKeySegment);
  if (plain !== '' && !usable) {
    throw invalid(
      `${JSON.stringify(prefix.slice(0, 80))} is not a valid prefix: use "/" between names of letters, digits, ".", "_" ` +
        `and "-" that do not start with "." or "-", at most ${MAX_PREFIX_LENGTH} characters`,
    );
  }
  return { bucket, prefix: plain };
}

/**
 * Reads `s3://bucket/prefix`.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { parseS3Url } from '@fairlead/registry/s3';
 *
 * console.log(parseS3Url('s3://models/team-a')); // { bucket: 'models', prefix: 'team-a' }
 * ```
 */
export function parseS3Url(url: string): S3Location {
  // Neither a bucket nor a prefix can have an "@".
  if (url.includes('@')) {
    throw invalid(
      `${JSON.stringify(url.replace(/^.*@/s, 's3://***@'))} holds credentials, which the AWS SDK finds elsewhere ` +
        '(a role, a profile, AWS_ACCESS_KEY_ID); write s3://bucket/prefix',
    );
  }
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket === undefined) {
    throw invalid(
      `${maskCredentials(JSON.stringify(url))} isn't a location in S3; write s3://bucket/prefix`,
    );
  }
  return s3Location(bucket, prefix);
}

function invalid(message: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_INVALID_OPTION', message);
}
