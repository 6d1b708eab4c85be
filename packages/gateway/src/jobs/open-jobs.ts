import type { IncomingMessage } from 'node:http';
import { JobRunner, type JobEvent, type JobQueue } from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { JobMetrics, type InferenceMetrics } from '@fairlead/monitoring';
import { checkScope, getIdentity, getRequestId } from '@fairlead/security';
import {
  jobHandler,
  replayInference,
  type BodyMemory,
  type Charge,
  type CodecPool,
  type Protocol,
  type InferenceHandler,
  type ModelServer,
} from '@fairlead/serving';
import { WebhookSender } from '@fairlead/webhooks';
import type { RoutingKeys } from '../access/routing-keys.ts';
import { jobLimits } from './job-limits.ts';
import { importPeer } from '../settings/import-peer.ts';
import { forSetting, forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Asynchronous inference. */
export interface Jobs {
  /** Accepts asynchronous requests, and answers requests about their jobs. */
  readonly handler: InferenceHandler;
  /** Starts to run jobs; called when the models are loaded. */
  start(): void;
  /** Accepts no more jobs, and releases those that still run after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Dependencies of asynchronous inference. */
interface JobDependencies {
  readonly models: ModelServer;
  readonly bodies: BodyMemory;
  readonly codec: CodecPool;
  readonly client: (req: IncomingMessage) => string;
  readonly routingKeys: RoutingKeys;
  /** Returns the function that charges the owner of a job for its cost. */
  readonly charge: (owner: string | undefined) => Charge | undefined;
  readonly protocols: readonly Protocol[];
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  readonly onEvent: (event: JobEvent) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Opens the queue of jobs that the settings name; undefined when they name none.
 *
 * @throws SettingsError when a setting can't be used.
 */
export async function openJobs(
  settings: Settings,
  dependencies: JobDependencies,
): Promise<Jobs | undefined> {
  const queue = await openQueue(settings);
  if (queue === undefined) return undefined;
  const { models, bodies, codec, client, routingKeys, protocols, metrics } = dependencies;
  const { charge, onEvent, onError } = dependencies;
  const webhooks = openWebhooks(settings);
  const { registry } = metrics;
  const concurrency = concurrencyOf(settings);
  const counted = new JobMetrics({ registry, depth: () => queue.depth(), onError });
  const runner = new JobRunner({
    queue,
    run: replayInference(models, {
      ...{ protocols, codec, onError },
      charge: ({ owner }) => charge(owner),
    }),
    ...(webhooks && { webhooks }),
    concurrency: Math.max(1, concurrency),
    leaseMs: settings.jobsLeaseMs,
    maxResultBytes: settings.jobsMaxAnswerBytes,
    onEvent: (event) => {
      counted.count(event);
      onEvent(event);
    },
  });
  const handler = jobHandler(models, {
    queue,
    protocols,
    maxBodyBytes: settings.maxBodyBytes,
    bodies,
    codec,
    client,
    owner: (req) => getIdentity(req)?.client,
    // Without keys there is no identity, and no scope.
    authorize: (req, model) => {
      const identity = getIdentity(req);
      if (identity !== undefined) checkScope(identity, `infer:${model}`);
    },
    requestId: getRequestId,
    routingKey: routingKeys.ofRequest,
    ...(webhooks && { webhooks }),
    onError,
  });
  return {
    handler,
    start() {
      // Other processes run them.
      if (concurrency > 0) runner.start();
    },
    async close(graceMs) {
      await runner.close({ graceMs });
      await webhooks?.close();
    },
  };
}

/** Returns how many jobs this process runs at the same time: all processes together run as many as the settings say. */
function concurrencyOf({ jobsConcurrency, processes = 1, process = 1 }: Settings): number {
  return Math.floor((jobsConcurrency + processes - process) / processes);
}

async function openQueue(settings: Settings): Promise<JobQueue | undefined> {
  const { jobsFolder, jobsRetentionMs: retentionMs } = settings;
  if (settings.jobsQueueUrl !== undefined) {
    const { openSqsQueue } = await importPeer(
      'FAIRLEAD_JOBS_QUEUE_URL',
      '@aws-sdk/client-s3 @aws-sdk/client-sqs',
      () => import('./open-sqs-queue.ts'),
    );
    return openSqsQueue(settings);
  }
  if (jobsFolder === undefined) return undefined;
  return forSettingLater('FAIRLEAD_JOBS_FOLDER', () =>
    folderJobQueue(jobsFolder, { retentionMs, ...jobLimits(settings) }),
  );
}

function openWebhooks(settings: Settings): WebhookSender | undefined {
  const { webhookOrigins, webhookPrivateOrigins, webhookSecrets } = settings;
  if (webhookSecrets === undefined) return undefined;
  if (webhookOrigins === undefined && webhookPrivateOrigins === undefined) return undefined;
  // With a valid secret, only an origin can be invalid.
  const secrets = [`whsec_${Buffer.alloc(32).toString('base64')}`];
  const destinations = webhookOrigins ?? [];
  const privateDestinations = webhookPrivateOrigins ?? [];
  forSetting('FAIRLEAD_WEBHOOK_ORIGINS', () => new WebhookSender({ destinations, secrets }));
  forSetting(
    'FAIRLEAD_WEBHOOK_PRIVATE_ORIGINS',
    () => new WebhookSender({ destinations: [], privateDestinations, secrets }),
  );
  return forSetting(
    'FAIRLEAD_WEBHOOK_SECRETS',
    () => new WebhookSender({ destinations, privateDestinations, secrets: webhookSecrets }),
  );
}
