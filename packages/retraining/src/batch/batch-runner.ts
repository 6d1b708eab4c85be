import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchClient, JobDetail } from '@aws-sdk/client-batch';
import type { S3Client } from '@aws-sdk/client-s3';
import { checkOptions } from '../check-options.ts';
import { trainingFiles } from '../process/training-files.ts';
import { RetrainingError } from '../retraining-error.ts';
import type { TrainingOrder, TrainingOutcome, TrainingRunner } from '../run/training-runner.ts';
import { BatchJobs, jobName } from './batch-jobs.ts';
import { TrainingBucket } from './training-bucket.ts';

const POLL_MS = 15_000;
/** A job that was just submitted may be unknown for a moment. */
const MAX_UNKNOWN = 6;
/** Reasons of AWS Batch for a job whose host was taken away, such as a Spot instance, or whose capacity on Fargate Spot was. */
const LOST =
  /^Host EC2 .* terminated|^Spot interruption|^Your Spot Task was interrupted|Task failed to start/i;
/** Log group of jobs whose definition names none. */
const LOG_GROUP = '/aws/batch/job';
/** Reason of a job that this runner has ended: the attempt may continue with another one. */
const STOPPED = 'fairlead: the command was stopped';

/** Options of {@link batchRunner}. */
export interface BatchRunnerOptions {
  /** Client of AWS Batch, with region and credentials. */
  readonly batch: BatchClient;
  /** Client of S3, with region and credentials. */
  readonly s3: S3Client;
  /** Name or ARN of the job queue. */
  readonly queue: string;
  /** Name of the job definition, such as `train` or `train:3`. */
  readonly definition: string;
  /** Location of inputs and outputs: `s3://bucket/prefix`. */
  readonly location: string;
  /**
   * Time between looks at the state of a job, in milliseconds.
   *
   * @defaultValue 15000
   */
  readonly pollMs?: number | undefined;
}

/**
 * Runs trainings as jobs of AWS Batch. A job reads the inputs below `FAIRLEAD_TRAINING_INPUT`, an address of S3, and writes its model below
 * `FAIRLEAD_TRAINING_OUTPUT`; its role needs `s3:GetObject`, `s3:ListBucket` and `s3:PutObject` there.
 *
 * A job survives this process: it is found again by its name, so that a repeated call waits for the same job.
 *
 * @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { BatchClient } from '@aws-sdk/client-batch';
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { batchRunner } from '@fairlead/retraining/batch';
 *
 * const runner = batchRunner({
 *   batch: new BatchClient({ region: 'eu-central-1' }),
 *   s3: new S3Client({ region: 'eu-central-1' }),
 *   queue: 'training',
 *   definition: 'train-churn',
 *   location: 's3://models/retraining',
 * });
 * console.log(runner.name); // batch
 * ```
 */
export function batchRunner(options: BatchRunnerOptions): TrainingRunner {
  const {
    batch,
    s3,
    queue,
    definition,
    location,
    pollMs = POLL_MS,
  } = checkOptions('batchRunner', options, {
    ...{ batch: 'required', s3: 'required', queue: 'required', definition: 'required' },
    ...{ location: 'required', pollMs: 'optional' },
  });
  const jobs = new BatchJobs(batch, queue, definition);
  const bucket = new TrainingBucket(s3, location);
  return {
    name: 'batch',
    has: async ({ token, folder }) =>
      existsSync(trainingFiles(folder).output) ||
      (await attempt(token, () => jobs.find(jobName(token, location)))) !== undefined,
    train: (order) =>
      attempt(order.token, () => train(order, { jobs, bucket, location, pollMs }), order.signal),
  };
}

interface Parts {
  readonly jobs: BatchJobs;
  readonly bucket: TrainingBucket;
  readonly location: string;
  readonly pollMs: number;
}

async function train(order: TrainingOrder, parts: Parts): Promise<TrainingOutcome> {
  const { token, folder, signal } = order;
  const { jobs, bucket, location, pollMs } = parts;
  const { output } = trainingFiles(folder);
  if (existsSync(output)) return { result: 'completed' };
  const id = (await jobs.find(jobName(token, location))) ?? (await submit(order, parts));
  let unknown = 0;
  for (;;) {
    if (signal.aborted) {
      await jobs.terminate(id, STOPPED);
      signal.throwIfAborted();
    }
    const job = await jobs.read(id);
    if (job?.status === 'SUCCEEDED') {
      await bucket.download(`${token}/output`, output);
      return { result: 'completed' };
    }
    if (job?.status === 'FAILED') return outcomeOf(id, job);
    unknown = job === undefined ? unknown + 1 : 0;
    if (unknown === MAX_UNKNOWN) {
      return { result: 'lost', reason: `AWS Batch does not know the job ${id} any more` };
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

async function submit(
  { token, input, tables, command, variables, timeLimitMs }: TrainingOrder,
  { jobs, bucket, location }: Parts,
): Promise<string> {
  await bucket.upload(input, `${token}/input`);
  return jobs.submit({
    ...{ name: jobName(token, location), command, timeLimitMs },
    variables: {
      ...variables,
      FAIRLEAD_TRAINING_INPUT: bucket.address(`${token}/input`),
      FAIRLEAD_TRAINING_ROWS: bucket.address(`${token}/input/${tables[0] ?? ''}`),
      FAIRLEAD_TRAINING_MANIFEST: bucket.address(`${token}/input/manifest.json`),
      FAIRLEAD_TRAINING_OUTPUT: bucket.address(`${token}/output`),
    },
  });
}

function outcomeOf(id: string, { statusReason = '', container }: JobDetail): TrainingOutcome {
  const { exitCode, reason, logStreamName, logConfiguration } = container ?? {};
  const group = logConfiguration?.options?.['awslogs-group'] ?? LOG_GROUP;
  const why = [statusReason, reason].filter((each) => each !== undefined && each !== '');
  const details = [
    ...(exitCode === undefined ? [] : [`exit code ${exitCode}`]),
    ...why,
    ...(logStreamName === undefined ? [] : [`its log is the stream ${logStreamName} of ${group}`]),
  ];
  const text = `the job ${id} has failed: ${details.join('; ')}`;
  const isLost = LOST.test(statusReason) || statusReason.includes(STOPPED);
  return { result: isLost ? 'lost' : 'failed', reason: text };
}

/** Errors of AWS are those of the runner: the attempt stays as it is, and can be continued. */
async function attempt<T>(token: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RetrainingError || cause === signal?.reason) throw cause;
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new RetrainingError(
      'ERR_RETRAINING_RUNNER_FAILED',
      `The training ${token} could not be run on AWS Batch: ${why}. Check queue, definition, location and permissions; the attempt can be continued.`,
      { cause },
    );
  }
}
