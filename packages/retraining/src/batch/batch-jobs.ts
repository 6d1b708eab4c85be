import { createHash } from 'node:crypto';
import {
  DescribeJobsCommand,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
  type BatchClient,
  type JobDetail,
} from '@aws-sdk/client-batch';

/** Shortest time limit of AWS Batch. */
const MIN_LIMIT_SECONDS = 60;
/** Characters of a token in the name of its job, which has at most 128. */
const MAX_TOKEN = 80;

/** Job to submit. */
export interface JobOrder {
  readonly name: string;
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
}

/**
 * Name of the job of a training. SubmitJob has no token that makes a repeated request harmless, so a job is found again by its name: it has a
 * digest of the location, which other registries don't share.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
export function jobName(token: string, location: string): string {
  const digest = createHash('sha256').update(`${location}\n${token}`).digest('hex').slice(0, 16);
  return `fairlead-${token.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(-MAX_TOKEN)}-${digest}`;
}

/** Jobs of a queue. */
export class BatchJobs {
  readonly #client: BatchClient;
  readonly #queue: string;
  readonly #definition: string;

  constructor(client: BatchClient, queue: string, definition: string) {
    this.#client = client;
    this.#queue = queue;
    this.#definition = definition;
  }

  /** Id of the first job with a name, running or ended; AWS lists those that ended within seven days. */
  async find(name: string): Promise<string | undefined> {
    const found: { readonly id: string; readonly createdAt: number }[] = [];
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListJobsCommand({
          ...{ jobQueue: this.#queue, nextToken: token },
          filters: [{ name: 'JOB_NAME', values: [name] }],
        }),
      );
      for (const { jobId, jobName: other, createdAt = 0 } of page.jobSummaryList ?? []) {
        // The filter takes upper and lower case as the same.
        if (jobId !== undefined && other === name) found.push({ id: jobId, createdAt });
      }
      token = page.nextToken;
    } while (token !== undefined);
    return found.sort((a, b) => a.createdAt - b.createdAt)[0]?.id;
  }

  /** Submits a job; resolves to its id. */
  async submit({ name, command, variables, timeLimitMs }: JobOrder): Promise<string> {
    const seconds = Math.max(MIN_LIMIT_SECONDS, Math.ceil(timeLimitMs / 1000));
    const { jobId = '' } = await this.#client.send(
      new SubmitJobCommand({
        ...{ jobName: name, jobQueue: this.#queue, jobDefinition: this.#definition },
        containerOverrides: {
          ...(command.length > 0 && { command: [...command] }),
          environment: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
        },
        timeout: { attemptDurationSeconds: seconds },
        // Tries are counted by the attempt.
        retryStrategy: { attempts: 1 },
      }),
    );
    return jobId;
  }

  /** Reads a job; undefined for one that AWS doesn't know, or not yet. */
  async read(id: string): Promise<JobDetail | undefined> {
    const { jobs = [] } = await this.#client.send(new DescribeJobsCommand({ jobs: [id] }));
    return jobs[0];
  }

  /** Ends a job; it isn't an error if it has ended. */
  async terminate(id: string, reason: string): Promise<void> {
    await this.#client.send(new TerminateJobCommand({ jobId: id, reason }));
  }
}
