import type { z } from 'zod';
import {
  bucketName,
  listenAddress,
  milliseconds,
  dialectNames,
  fallbackPairs,
  extensionNames,
  names,
  oneOf,
  queueUrl,
  redisAddress,
  secret,
  text,
  upstreamAddress,
  whole,
  wholeOrAuto,
} from './setting-values.ts';
import { SettingsError } from './settings-error.ts';

/** What a setting is: its variable, how it is read, and what `docs/settings.md` says of it. */
interface Setting<T> {
  readonly variable: string;
  readonly schema: z.ZodType<T, string | undefined>;
  readonly fallback: string | undefined;
  readonly description: string;
}

function setting<T>(
  variable: string,
  schema: z.ZodType<T, string | undefined>,
  fallback: string | undefined,
  description: string,
): Setting<T> {
  return { variable, schema, fallback, description };
}

/** In place of a model: the version that it served before. */
export const PREVIOUS_VERSION = 'previous-version';

const optional = text.optional();

/** Every setting, in the order of `docs/settings.md`; `fallback` is the default, none means that it may be absent. */
export const settings = {
  listen: setting(
    'FAIRLEAD_LISTEN',
    listenAddress,
    '127.0.0.1:8080',
    'Where the gateway listens: `host:port` (port 0: any free one), `unix:/path`, or `fd:3` for a socket that systemd passes on: connections wait in it until the models are loaded.',
  ),
  grpcListen: setting(
    'FAIRLEAD_GRPC_LISTEN',
    listenAddress.optional(),
    undefined,
    'Where the gateway listens for gRPC: `host:port` (port 0: any free one), `unix:/path`, or `fd:4` for a Unix socket that is passed on. Without it, it speaks no gRPC.',
  ),
  registry: setting(
    'FAIRLEAD_REGISTRY',
    text,
    './registry',
    'Where the model registry is: a folder, or `s3://bucket/prefix`.',
  ),
  registryCache: setting(
    'FAIRLEAD_REGISTRY_CACHE',
    optional,
    undefined,
    'Folder on this host for what is read from the registry, verified at each read: the gateway starts with it while the registry is away.',
  ),
  registryCacheBytes: setting(
    'FAIRLEAD_REGISTRY_CACHE_BYTES',
    whole(1, 1e15),
    '10737418240',
    'How much that folder may hold; beyond it goes what was used longest ago, and last what the aliases mean.',
  ),
  trustedKeys: setting(
    'FAIRLEAD_TRUSTED_KEYS',
    optional,
    undefined,
    'File of public keys as PEM text. With it, only versions that one of them signed are loaded.',
  ),
  trustedSigners: setting(
    'FAIRLEAD_TRUSTED_SIGNERS',
    whole(1, 1000),
    '1',
    'How many of those keys have to have signed a version.',
  ),
  models: setting(
    'FAIRLEAD_MODELS',
    names.optional(),
    undefined,
    'Models to serve, separated by commas. Without it: every model of the registry that has the alias at start.',
  ),
  alias: setting('FAIRLEAD_ALIAS', text, 'champion', 'The alias that the models follow.'),
  pollIntervalMs: setting(
    'FAIRLEAD_POLL_INTERVAL_MS',
    milliseconds,
    '2000',
    'How often the registry is asked whether an alias has moved.',
  ),
  keysFile: setting(
    'FAIRLEAD_KEYS_FILE',
    optional,
    undefined,
    'JSON file of the API keys; what changes in it is taken over within seconds. Required unless anyone is allowed in.',
  ),
  pepper: setting(
    'FAIRLEAD_PEPPER',
    secret.optional(),
    undefined,
    'The secret that the digests in the keys file were made with, at least 32 bytes. Required with the keys file.',
  ),
  dangerouslyAllowAnyone: setting(
    'FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE',
    oneOf('0', '1').transform((value) => value === '1'),
    '0',
    '`1` serves without API keys.',
  ),
  rateLimit: setting(
    'FAIRLEAD_RATE_LIMIT',
    whole(1, 1e9),
    '60000',
    'Requests a minute for each key, or address without one.',
  ),
  maxBodyBytes: setting(
    'FAIRLEAD_MAX_BODY_BYTES',
    whole(1, 2 ** 31 - 1),
    '16777216',
    'Largest request body. Nginx and Flask must have the same.',
  ),
  deadlineMs: setting(
    'FAIRLEAD_DEADLINE_MS',
    milliseconds,
    '30000',
    "The longest a prediction may take, an upstream's answer included.",
  ),
  keepAliveTimeoutMs: setting(
    'FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS',
    milliseconds,
    '75000',
    'How long an idle connection is kept; longer than the proxy in front keeps it.',
  ),
  headersTimeoutMs: setting(
    'FAIRLEAD_HEADERS_TIMEOUT_MS',
    milliseconds,
    '10000',
    'How long a client may take to send the head of a request.',
  ),
  requestTimeoutMs: setting(
    'FAIRLEAD_REQUEST_TIMEOUT_MS',
    milliseconds,
    '30000',
    'How long a client may take to send a whole request.',
  ),
  shutdownGraceMs: setting(
    'FAIRLEAD_SHUTDOWN_GRACE_MS',
    milliseconds,
    '8000',
    'How long requests in flight may take after SIGTERM.',
  ),
  idleGraceMs: setting(
    'FAIRLEAD_IDLE_GRACE_MS',
    whole(0, 600_000),
    '1000',
    'How long idle connections are left open after SIGTERM, for a request that is on its way; longer than the proxy in front keeps them.',
  ),
  notReadyMs: setting(
    'FAIRLEAD_NOT_READY_MS',
    whole(0, 600_000),
    '0',
    'How long to go on answering as not ready after SIGTERM, before the door is closed.',
  ),
  flaskAddress: setting(
    'FAIRLEAD_FLASK_ADDRESS',
    upstreamAddress.optional(),
    undefined,
    "Where the Python service listens: `unix:/path` or `host:port`. Without it versions that name it can't be loaded.",
  ),
  flaskConnections: setting(
    'FAIRLEAD_FLASK_CONNECTIONS',
    whole(1, 10_000),
    '16',
    'Connections to the Python service at most.',
  ),
  onnxWorkers: setting(
    'FAIRLEAD_ONNX_WORKERS',
    wholeOrAuto(1, 256),
    'auto',
    'Worker threads for each ONNX version; `auto` decides by the time that a row takes, the cores and the memory.',
  ),
  onnxThreads: setting(
    'FAIRLEAD_ONNX_THREADS',
    wholeOrAuto(1, 256),
    'auto',
    'Threads that one execution computes with; `auto` decides with the workers.',
  ),
  maxQueued: setting(
    'FAIRLEAD_MAX_QUEUED',
    whole(0, 1_000_000),
    '512',
    'Requests that may wait for a worker of a version; over it they are refused.',
  ),
  maxBatchRows: setting(
    'FAIRLEAD_MAX_BATCH_ROWS',
    whole(1, 100_000),
    '64',
    'Rows that share one execution at most; `1` switches batching off.',
  ),
  cacheBytes: setting(
    'FAIRLEAD_CACHE_BYTES',
    whole(0, 2 ** 40),
    '0',
    'Bytes of answers that each model keeps in memory for requests that come again; 0 keeps none.',
  ),
  cacheModels: setting(
    'FAIRLEAD_CACHE_MODELS',
    names.optional(),
    undefined,
    'Models whose answers are kept, separated by commas. Without it: every model, if answers are kept at all.',
  ),
  redisUrl: setting(
    'FAIRLEAD_REDIS_URL',
    redisAddress.optional(),
    undefined,
    'Keeps the answers in this Redis or Valkey instead: `redis://…`, or `rediss://…` with TLS. It may be away.',
  ),
  fallbacks: setting(
    'FAIRLEAD_FALLBACKS',
    fallbackPairs.optional(),
    undefined,
    'What answers when a model fails: `model=other` for another served model, `model=previous-version` for the version before; separated by commas.',
  ),
  dialects: setting(
    'FAIRLEAD_DIALECTS',
    dialectNames,
    'open-inference,tensorflow-serving',
    'The protocols that are spoken, separated by commas: `open-inference`, `tensorflow-serving`, and `mlflow` or `sagemaker`.',
  ),
  extensions: setting(
    'FAIRLEAD_EXTENSIONS',
    extensionNames,
    'binary_tensor_data,classification,model_repository,statistics',
    'Extensions of `open-inference` that are spoken, separated by commas, or `none`. `model_repository` lets keys with the scope `admin` load and unload models, by `sagemaker` too; without a keys file it is off.',
  ),
  maxModels: setting(
    'FAIRLEAD_MAX_MODELS',
    whole(1, 1_000_000),
    '10000',
    'Models that are served at the same time at most.',
  ),
  invocationsModel: setting(
    'FAIRLEAD_INVOCATIONS_MODEL',
    optional,
    undefined,
    'The model that `POST /invocations` asks. Required with `mlflow` and `sagemaker`.',
  ),
  jobsFolder: setting(
    'FAIRLEAD_JOBS_FOLDER',
    optional,
    undefined,
    'Folder in which inference that is to be answered later waits (`Prefer: respond-async`), and its answers; several gateways may share it. Without it and without a queue there is none.',
  ),
  jobsQueueUrl: setting(
    'FAIRLEAD_JOBS_QUEUE_URL',
    queueUrl.optional(),
    undefined,
    'Instead of the folder, for gateways on several hosts: URL of a standard queue of SQS in which the jobs wait. Gateways with the same queue serve the same models.',
  ),
  jobsBucket: setting(
    'FAIRLEAD_JOBS_BUCKET',
    bucketName.optional(),
    undefined,
    'The bucket that keeps the requests and answers of these jobs, below `jobs/`. Required with the queue.',
  ),
  jobsWebhookQueueUrl: setting(
    'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL',
    queueUrl.optional(),
    undefined,
    'URL of a second standard queue, in which their webhooks wait. Required with the queue and webhook origins.',
  ),
  jobsConcurrency: setting(
    'FAIRLEAD_JOBS_CONCURRENCY',
    whole(1, 1000),
    '1',
    'Jobs that run at the same time, after every request that somebody waits for.',
  ),
  jobsMax: setting(
    'FAIRLEAD_JOBS_MAX',
    whole(1, 1_000_000),
    '1000',
    'Jobs that may wait or run; over it new ones are refused.',
  ),
  jobsRetentionMs: setting(
    'FAIRLEAD_JOBS_RETENTION_MS',
    whole(1000, 2_592_000_000),
    '86400000',
    'How long the answer of a job is kept.',
  ),
  webhookOrigins: setting(
    'FAIRLEAD_WEBHOOK_ORIGINS',
    names.optional(),
    undefined,
    'Where webhooks may go when a job has ended, separated by commas: `https://host`, perhaps with a port and the beginning of a path. Nothing else is ever called.',
  ),
  webhookSecrets: setting(
    'FAIRLEAD_WEBHOOK_SECRETS',
    names.optional(),
    undefined,
    'What webhooks are signed with, separated by commas while one replaces another: each `whsec_` and 24 to 64 bytes in base64. Required with the origins.',
  ),
  cloudWatchNamespace: setting(
    'FAIRLEAD_CLOUDWATCH_NAMESPACE',
    optional,
    undefined,
    'Publishes metrics to CloudWatch in this namespace. Region and credentials come from where the AWS SDK looks for them.',
  ),
  logLevel: setting(
    'FAIRLEAD_LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Least severe level that is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
  ),
} as const;

type SettingName = keyof typeof settings;

/** The settings of the gateway, checked. */
export type Settings = {
  readonly [N in SettingName]: (typeof settings)[N] extends Setting<infer T> ? T : never;
};

const SECRETS: ReadonlySet<string> = new Set([
  'FAIRLEAD_PEPPER',
  'FAIRLEAD_REDIS_URL',
  'FAIRLEAD_WEBHOOK_SECRETS',
]);

/**
 * Reads the settings from environment variables: the only place where the gateway does.
 *
 * @throws SettingsError naming every variable that is wrong, unknown ones that begin with `FAIRLEAD_` included.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = [];
  const known = new Set<string>(Object.values(settings).map(({ variable }) => variable));
  for (const variable of Object.keys(environment)) {
    if (variable.startsWith('FAIRLEAD_') && !known.has(variable)) {
      problems.push(`${variable} is not a setting; docs/settings.md lists them`);
    }
  }
  const values = Object.entries(settings).map(([name, { variable, schema, fallback }]) => {
    const given = environment[variable] ?? fallback;
    const result = (schema as z.ZodType<unknown, string | undefined>).safeParse(given);
    if (!result.success) {
      const shown = SECRETS.has(variable) ? 'its value' : JSON.stringify(given);
      problems.push(
        `${variable}: ${shown} ${result.error.issues.map(({ message }) => message).join(', ')}`,
      );
    }
    return [name, result.data] as const;
  });
  const read = Object.fromEntries(values) as Settings;
  // Only settings that can be read can contradict each other.
  if (problems.length === 0) problems.push(...contradictions(read));
  if (problems.length === 0) return read;
  throw new SettingsError(
    `The settings can't be used:\n${problems.map((each) => `  ${each}`).join('\n')}`,
  );
}

function contradictions(read: Settings): string[] {
  const { keysFile, pepper, dangerouslyAllowAnyone, headersTimeoutMs, requestTimeoutMs } = read;
  const problems: string[] = [];
  if (keysFile !== undefined && dangerouslyAllowAnyone) {
    problems.push(
      'FAIRLEAD_KEYS_FILE and FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE=1 contradict each other; leave one out',
    );
  } else if (keysFile === undefined && !dangerouslyAllowAnyone) {
    problems.push(
      'FAIRLEAD_KEYS_FILE is missing; name the file of the API keys, or set FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE=1',
    );
  } else if (keysFile !== undefined && pepper === undefined) {
    problems.push(
      'FAIRLEAD_PEPPER is missing; it is needed to check keys against FAIRLEAD_KEYS_FILE',
    );
  }
  const invocations = read.dialects.filter((name) => name === 'mlflow' || name === 'sagemaker');
  if (invocations.length > 1) {
    problems.push(
      'FAIRLEAD_DIALECTS names mlflow and sagemaker, which share their paths; leave one out',
    );
  }
  if (invocations.length > 0 && read.invocationsModel === undefined) {
    problems.push(`FAIRLEAD_INVOCATIONS_MODEL is missing; ${invocations.join(' and ')} needs it`);
  }
  const { cacheBytes, cacheModels, redisUrl, models, fallbacks = new Map<string, string>() } = read;
  if (cacheBytes > 0 && redisUrl !== undefined) {
    problems.push(
      'FAIRLEAD_CACHE_BYTES keeps answers in memory and FAIRLEAD_REDIS_URL in Redis; leave one out',
    );
  }
  if (cacheModels !== undefined && cacheBytes === 0 && redisUrl === undefined) {
    problems.push(
      'FAIRLEAD_CACHE_MODELS names models, but nothing is kept; set FAIRLEAD_CACHE_BYTES or FAIRLEAD_REDIS_URL',
    );
  }
  for (const name of [...fallbacks].flat()) {
    if (name === PREVIOUS_VERSION || models?.includes(name) !== false) continue;
    problems.push(`FAIRLEAD_FALLBACKS names "${name}", which FAIRLEAD_MODELS doesn't`);
  }
  if ((read.webhookOrigins === undefined) !== (read.webhookSecrets === undefined)) {
    problems.push(
      'FAIRLEAD_WEBHOOK_ORIGINS and FAIRLEAD_WEBHOOK_SECRETS need each other; give both or neither',
    );
  }
  problems.push(...contradictionsOfJobs(read));
  // node:http refuses it, naming its own options.
  if (headersTimeoutMs > requestTimeoutMs) {
    problems.push(
      `FAIRLEAD_HEADERS_TIMEOUT_MS (${headersTimeoutMs}) is longer than FAIRLEAD_REQUEST_TIMEOUT_MS (${requestTimeoutMs}), which includes it`,
    );
  }
  return problems;
}

function contradictionsOfJobs(read: Settings): string[] {
  const { jobsFolder, jobsQueueUrl, jobsBucket, jobsWebhookQueueUrl, webhookOrigins } = read;
  const problems: string[] = [];
  if (jobsFolder !== undefined && jobsQueueUrl !== undefined) {
    problems.push(
      'FAIRLEAD_JOBS_FOLDER keeps jobs in a folder and FAIRLEAD_JOBS_QUEUE_URL in SQS; leave one out',
    );
  }
  if (jobsQueueUrl !== undefined && jobsBucket === undefined) {
    problems.push('FAIRLEAD_JOBS_BUCKET is missing; FAIRLEAD_JOBS_QUEUE_URL needs it');
  }
  if (jobsQueueUrl === undefined && jobsBucket !== undefined) {
    problems.push('FAIRLEAD_JOBS_QUEUE_URL is missing; FAIRLEAD_JOBS_BUCKET is of no use without');
  }
  if (jobsQueueUrl === undefined && jobsWebhookQueueUrl !== undefined) {
    problems.push(
      'FAIRLEAD_JOBS_QUEUE_URL is missing; FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is of no use without',
    );
  }
  if (jobsQueueUrl !== undefined && jobsQueueUrl === jobsWebhookQueueUrl) {
    problems.push(
      'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is FAIRLEAD_JOBS_QUEUE_URL; webhooks need a queue of their own',
    );
  }
  if (jobsWebhookQueueUrl !== undefined && webhookOrigins === undefined) {
    problems.push(
      'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL needs webhooks that may go somewhere; set FAIRLEAD_WEBHOOK_ORIGINS',
    );
  }
  if (webhookOrigins === undefined) return problems;
  if (jobsQueueUrl !== undefined && jobsWebhookQueueUrl === undefined) {
    problems.push(
      'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL is missing; FAIRLEAD_WEBHOOK_ORIGINS needs it with FAIRLEAD_JOBS_QUEUE_URL',
    );
  }
  if (jobsFolder === undefined && jobsQueueUrl === undefined) {
    problems.push(
      'FAIRLEAD_WEBHOOK_ORIGINS needs jobs that end; set FAIRLEAD_JOBS_FOLDER or FAIRLEAD_JOBS_QUEUE_URL',
    );
  }
  return problems;
}
