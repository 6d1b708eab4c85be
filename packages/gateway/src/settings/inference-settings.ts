import { setting } from './setting.ts';
import {
  fallbackPairs,
  headerName,
  milliseconds,
  names,
  redisAddress,
  upstreamAddress,
  whole,
  wholeOrAuto,
} from './setting-values.ts';

/** Execution of models, caches and fallbacks. */
export const inferenceSettings = {
  deadlineMs: setting(
    'FAIRLEAD_DEADLINE_MS',
    milliseconds,
    '30000',
    'Maximum time of a prediction, including the response of an upstream.',
  ),
  loadTimeoutMs: setting(
    'FAIRLEAD_LOAD_TIMEOUT_MS',
    milliseconds,
    '300000',
    'Maximum time to load an ONNX model; above it, the load counts as hung and is retried once. A Python service that starts beside the gateway has it, up to a minute, for its first answer.',
  ),
  warmUpMs: setting(
    'FAIRLEAD_WARM_UP_MS',
    whole(0, 60_000),
    '1000',
    'Time for which a gateway answers its own requests after its models are loaded and before it reports that it is ready, so that the first ones of clients find compiled code; `0` switches it off.',
  ),
  maxQueued: setting(
    'FAIRLEAD_MAX_QUEUED',
    whole(0, 1_000_000),
    '512',
    'Maximum number of requests that wait for a worker of a version; further ones are rejected.',
  ),
  maxBatchRows: setting(
    'FAIRLEAD_MAX_BATCH_ROWS',
    whole(1, 100_000),
    '64',
    'Maximum number of rows that share one execution; `1` switches batching off.',
  ),
  maxRowsPerRequest: setting(
    'FAIRLEAD_MAX_ROWS_PER_REQUEST',
    whole(1, 2 ** 31 - 1),
    '100000',
    'Maximum number of rows of one request; a larger one is rejected. A running execution cannot be interrupted.',
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
    'Threads of one execution; `auto` decides with the workers.',
  ),
  flaskAddress: setting(
    'FAIRLEAD_FLASK_ADDRESS',
    upstreamAddress.optional(),
    undefined,
    "Address of the Python service: `unix:/path` or `host:port`. Without it, versions that use it can't be loaded.",
  ),
  flaskConnections: setting(
    'FAIRLEAD_FLASK_CONNECTIONS',
    whole(1, 10_000),
    '16',
    'Maximum number of connections to the Python service.',
  ),
  cacheBytes: setting(
    'FAIRLEAD_CACHE_BYTES',
    whole(0, 2 ** 40),
    '0',
    'Bytes of responses that each model caches in memory; 0 switches the cache off.',
  ),
  cacheModels: setting(
    'FAIRLEAD_CACHE_MODELS',
    names.optional(),
    undefined,
    'Models whose responses are cached, separated by commas. Without it: every model, if there is a cache.',
  ),
  redisUrl: setting(
    'FAIRLEAD_REDIS_URL',
    redisAddress.optional(),
    undefined,
    'Caches the responses in this Redis or Valkey instead: `redis://…`, or `rediss://…` with TLS. It may be unavailable.',
  ),
  fallbacks: setting(
    'FAIRLEAD_FALLBACKS',
    fallbackPairs.optional(),
    undefined,
    'Fallbacks for models that fail: `model=other` for another served model, `model=previous-version` for the version before; separated by commas.',
  ),
  routingKeyHeader: setting(
    'FAIRLEAD_ROUTING_KEY_HEADER',
    headerName.optional(),
    undefined,
    'Header, and metadata of gRPC, with the routing key of a request, such as `x-user-id`; asynchronous jobs are stored with it. Without it, and for requests without the header: the client of the API key.',
  ),
} as const;
