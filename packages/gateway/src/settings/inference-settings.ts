import { setting } from './setting.ts';
import {
  fallbackPairs,
  milliseconds,
  names,
  redisAddress,
  upstreamAddress,
  whole,
  wholeOrAuto,
} from './setting-values.ts';

/** How the models compute, and what answers in their place. */
export const inferenceSettings = {
  deadlineMs: setting(
    'FAIRLEAD_DEADLINE_MS',
    milliseconds,
    '30000',
    "The longest a prediction may take, an upstream's answer included.",
  ),
  loadTimeoutMs: setting(
    'FAIRLEAD_LOAD_TIMEOUT_MS',
    milliseconds,
    '300000',
    'The longest that loading an ONNX model may take; over it, the load counts as hung and is tried once more.',
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
  maxRowsPerRequest: setting(
    'FAIRLEAD_MAX_ROWS_PER_REQUEST',
    whole(1, 2 ** 31 - 1),
    '100000',
    'Rows that one request may have at most; over it, it is rejected. An execution cannot be interrupted once it runs.',
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
} as const;
