import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { checkOptions } from '../checks/check-options.ts';
import { BLOBS } from '../store/layout.ts';
import { keySegments } from '../store/store-key.ts';
import { ConditionalWriteCheck } from './conditional-writes.ts';
import { getBytes, getSize, streamObject } from './get-object.ts';
import { listFolder, sweepUploads } from './list-folder.ts';
import { putBody, putBytes } from './put-object.ts';
import { getAge, removeObject } from './remove-object.ts';
import { s3Location } from './s3-location.ts';
import { S3Requests, type S3Sender } from './s3-requests.ts';

/** Settings of {@link s3Store}. */
export interface S3StoreOptions {
  /** Name of the bucket, which has to exist. */
  readonly bucket: string;
  /**
   * Prefix of the registry in the bucket: its keys begin with it and a `/`.
   *
   * @defaultValue none: the registry is the whole bucket
   */
  readonly prefix?: string;
  /**
   * Client that sends the requests.
   *
   * @defaultValue an `S3Client` with region, credentials and endpoint from the usual places of the AWS SDK
   */
  readonly client?: S3Sender;
  /**
   * Time for retries of an operation while S3 is unreachable, throttles or breaks connections, in milliseconds.
   *
   * @defaultValue 45000
   */
  readonly retryBudgetMs?: number;
  /**
   * Timeout of one attempt, and of a silent connection, in milliseconds, at most a day; large bodies get more.
   *
   * @defaultValue 15000
   */
  readonly timeoutMs?: number;
  /**
   * Longer bodies are uploaded in parts of this many bytes, a few of which are in memory; S3 takes 5 MiB or more.
   *
   * @defaultValue 8388608 (8 MiB)
   */
  readonly partBytes?: number;
  /**
   * Check at the first write, with three small requests, that the service honors `If-None-Match`, and at the first upload in
   * parts of an object that isn't a blob; `'assume'` skips the check, for a service that is known to.
   *
   * @defaultValue 'check'
   */
  readonly conditionalWrites?: 'check' | 'assume';
}

const optionNames = {
  bucket: 'required',
  prefix: 'optional',
  client: 'optional',
  retryBudgetMs: 'optional',
  timeoutMs: 'optional',
  partBytes: 'optional',
  conditionalWrites: 'optional',
} as const;

/** S3 refuses smaller parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const MIN_PART_BYTES = 5 * 1024 * 1024;
/** Node's timers run a delay of 2^31 ms or more at once; large bodies add to the timeout. */
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/**
 * Stores a registry in a bucket of S3, or of a service with conditional writes (`If-None-Match: *`).
 *
 * Any number of processes and hosts can use it concurrently. No object is ever overwritten, and a service that would overwrite
 * is detected before the first write; a write whose answer was lost is distinguished from that of another writer.
 *
 * Readers need `s3:GetObject` and `s3:ListBucket`; writers also `s3:PutObject` and `s3:AbortMultipartUpload`,
 * `s3:ListBucketMultipartUploads` to sweep and `s3:ListMultipartUploadParts` to resume uploads of blobs. Garbage collection
 * needs `s3:DeleteObject`, which pushes also use to delete their leases.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION` for an invalid bucket, prefix or option. The methods of the store
 * throw `ERR_REGISTRY_STORE_NOT_FOUND` (no such bucket), `…_CREDENTIALS`, `…_DENIED`, `…_REGION`,
 * `…_CLOCK_SKEWED`, `…_UNSUPPORTED` and `…_UNAVAILABLE`, each naming bucket, key and the fix.
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { ModelRegistry } from '@fairlead/registry';
 * import { s3Store } from '@fairlead/registry/s3';
 *
 * const client = new S3Client({ region: 'us-east-1' });
 * const store = s3Store({ bucket: 'models', prefix: 'team-b', client });
 * console.log(store.location, await new ModelRegistry({ store }).listModels()); // s3://models/team-b []
 * ```
 */
export function s3Store(options: S3StoreOptions): ObjectStore {
  checkOptions('s3Store', options, optionNames);
  const { bucket, prefix, retryBudgetMs = 45_000, timeoutMs = 15_000 } = options;
  const { partBytes = 8 * 1024 * 1024, conditionalWrites = 'check' } = options;
  const location = s3Location(bucket, prefix);
  requireAtLeast('retryBudgetMs', retryBudgetMs, 0);
  requireAtLeast('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS);
  requireAtLeast('partBytes', partBytes, MIN_PART_BYTES);
  const { client = defaultClient(timeoutMs) } = options;
  const requests = new S3Requests({ client, location, retryBudgetMs, timeoutMs });
  const checked = (key: string): string => keySegments(key).join('/');

  const check = new ConditionalWriteCheck(requests);
  const checks = conditionalWrites === 'check';

  const size: ObjectStore['size'] = async (key) => getSize(requests, checked(key));

  return {
    location: requests.nameOf('').replace(/\/$/, ''),

    async create(key, body) {
      const target = checked(key);
      if (checks) await check.put();
      if (typeof body !== 'function') return putBytes(requests, target, body);
      if ((await size(key)) !== undefined) return false;
      return putBody(requests, target, body, {
        partBytes,
        beforeParts: async () => {
          // The key of a blob is the hash of its bytes: overwriting it writes the same bytes.
          if (checks && !target.startsWith(`${BLOBS}/`)) await check.multipart();
        },
      });
    },

    read: async (key, { maxBytes }) => getBytes(requests, checked(key), maxBytes),

    async *stream(key) {
      yield* streamObject(requests, checked(key));
    },

    size,

    list: async (folder) => listFolder(requests, folder === '' ? '' : checked(folder)),

    age: async (key) => getAge(requests, checked(key)),

    remove: async (key) => removeObject(requests, checked(key)),

    checkConditionalWrites: () => check.put(),

    sweep: (olderThanMs) => sweepUploads(requests, Date.now() - olderThanMs),
  };
}

function defaultClient(timeoutMs: number): S3Client {
  return new S3Client({
    requestHandler: { connectionTimeout: Math.min(timeoutMs, 5000), socketTimeout: timeoutMs },
    // The registry checks every byte itself.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

function requireAtLeast(name: string, value: number, min: number, max = Number.MAX_VALUE): void {
  if (value >= min && value <= max) return;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_OPTION',
    `${name} is ${value}: it has to be a number from ${min} ${max === Number.MAX_VALUE ? 'up' : `to ${max}`}`,
  );
}
