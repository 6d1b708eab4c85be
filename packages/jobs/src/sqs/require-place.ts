import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { JobsError } from '../errors/jobs-error.ts';

const PATIENCE_MS = 5000;

/**
 * Asks SQS once for the queue of `queueUrl`, so that a mistake in it is told at start and not with the first job.
 *
 * An SQS that is away, as opposed to one that refuses, is left to be waited for.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` when there is no such queue, it may not be read, or nothing can be asked.
 */
export function requireQueue(sqs: SQSClient, queueUrl: string): Promise<void> {
  return requirePlace(`the queue ${queueUrl}`, (options) =>
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
 * Asks S3 once for `bucket`, as {@link requireQueue} does SQS.
 *
 * @throws JobsError `ERR_JOBS_INVALID_OPTION` when there is no such bucket, it may not be listed, or nothing can be asked.
 */
export function requireBucket(s3: S3Client, bucket: string): Promise<void> {
  return requirePlace(`the bucket ${bucket}`, (options) =>
    s3.send(new HeadBucketCommand({ Bucket: bucket }), options),
  );
}

async function requirePlace(
  name: string,
  ask: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<void> {
  try {
    await ask({ abortSignal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (cause) {
    if (isAway(cause)) return;
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

/** Whether it may be there again without anything being set otherwise. */
function isAway(error: unknown): boolean {
  const { name, code, $metadata, $retryable } = error as {
    readonly name?: string;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $retryable?: object;
  };
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) return status >= 500 || status === 429 || $retryable !== undefined;
  // A name that no server knows is a mistake; EAI_AGAIN says that no server was asked.
  if (typeof code === 'string') return code !== 'ENOTFOUND';
  return name === 'TimeoutError' || name === 'AbortError';
}
