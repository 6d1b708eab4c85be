import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { JobsError } from '../errors/jobs-error.ts';

const TIMEOUT_MS = 5000;

/**
 * Checks once that an SQS queue exists and can be read, so that a wrong URL fails at start rather than with the first job.
 * An SQS that can't be reached passes: it may be available later.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` when the queue doesn't exist, access is denied, or the client has no region or credentials.
 *
 * @example
 * ```ts
 * import { SQSClient } from '@aws-sdk/client-sqs';
 * import { checkQueueAccess } from '@fairlead/jobs/sqs';
 *
 * const sqs = new SQSClient({
 *   endpoint: 'http://127.0.0.1:9', // not reachable
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
 *   maxAttempts: 1,
 * });
 * await checkQueueAccess(sqs, 'http://127.0.0.1:9/1/jobs');
 * console.log('started'); // started
 * ```
 */
export function checkQueueAccess(sqs: SQSClient, queueUrl: string): Promise<void> {
  return checkAccess(`the queue ${queueUrl}`, (options) =>
    sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
      options,
    ),
  );
}

/**
 * Checks once that a bucket exists and can be listed, as {@link checkQueueAccess} does for a queue.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` when the bucket doesn't exist, access is denied, or the client has no region or credentials.
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { checkBucketAccess } from '@fairlead/jobs/sqs';
 *
 * const s3 = new S3Client({
 *   endpoint: 'http://127.0.0.1:9', // not reachable
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
 *   maxAttempts: 1,
 * });
 * await checkBucketAccess(s3, 'acme-jobs');
 * console.log('started'); // started
 * ```
 */
export function checkBucketAccess(s3: S3Client, bucket: string): Promise<void> {
  return checkAccess(`the bucket ${bucket}`, (options) =>
    s3.send(new HeadBucketCommand({ Bucket: bucket }), options),
  );
}

async function checkAccess(
  name: string,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<void> {
  try {
    await send({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    if (isUnavailable(cause)) return;
    const { $metadata } = cause as { readonly $metadata?: { readonly httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new JobsError(
      'ERR_JOBS_INVALID_OPTION',
      `${name} can't be used: ${reason}${status === undefined ? '' : ` (HTTP ${status})`}`,
      { cause },
    );
  }
}

/** Returns true for an error that may disappear without a change of the configuration. */
function isUnavailable(error: unknown): boolean {
  const { name, code, $metadata, $retryable } = error as {
    readonly name?: string;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $retryable?: object;
  };
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) return status >= 500 || status === 429 || $retryable !== undefined;
  // An unknown host name is a mistake; EAI_AGAIN means that no DNS server responded.
  if (typeof code === 'string') return code !== 'ENOTFOUND';
  return name === 'TimeoutError' || name === 'AbortError';
}
