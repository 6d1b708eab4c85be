import { setting } from './setting.ts';
import { milliseconds, names, oneOf, text, whole } from './setting-values.ts';

/** Registry, and the models that are served. */
export const registrySettings = {
  registry: setting(
    'FAIRLEAD_REGISTRY',
    text,
    './registry',
    'Location of the model registry: a folder, or `s3://bucket/prefix`.',
  ),
  registryCache: setting(
    'FAIRLEAD_REGISTRY_CACHE',
    text.optional(),
    undefined,
    'Folder on this host that caches the registry, verified at each read: with it, the gateway starts while the registry is unavailable.',
  ),
  registryCacheBytes: setting(
    'FAIRLEAD_REGISTRY_CACHE_BYTES',
    whole(1, 1e15),
    '10737418240',
    'Maximum size of that folder; above it the least recently used files are removed, versions that aliases point to last.',
  ),
  trustedKeys: setting(
    'FAIRLEAD_TRUSTED_KEYS',
    text.optional(),
    undefined,
    'File of public keys as PEM text. With it, only versions that one of them signed are loaded.',
  ),
  trustedSigners: setting(
    'FAIRLEAD_TRUSTED_SIGNERS',
    whole(1, 1000),
    '1',
    'Number of those keys that must have signed a version.',
  ),
  models: setting(
    'FAIRLEAD_MODELS',
    names.optional(),
    undefined,
    'Models to serve, separated by commas. Without it: every model of the registry that has the alias; one whose alias is set later is found within five poll intervals.',
  ),
  readyModels: setting(
    'FAIRLEAD_READY_MODELS',
    names.optional(),
    undefined,
    'Models that must answer for the gateway to be ready, separated by commas; others may be loading or unavailable. Without it: every model.',
  ),
  alias: setting('FAIRLEAD_ALIAS', text, 'champion', 'Alias that the models follow.'),
  pollIntervalMs: setting(
    'FAIRLEAD_POLL_INTERVAL_MS',
    milliseconds,
    '2000',
    'Interval at which the registry is checked for changes of aliases.',
  ),
  rollouts: setting(
    'FAIRLEAD_ROLLOUTS',
    oneOf('on', 'off'),
    'on',
    'With `on`, traffic is split as the rollouts of the registry say, and candidates are judged; `off` ignores rollouts.',
  ),
  rolloutJudgeIntervalMs: setting(
    'FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS',
    milliseconds,
    '60000',
    'Interval at which a rollout is judged, and the golden examples of its candidate run. What the gateway counts is stored twice as often.',
  ),
  maxModels: setting(
    'FAIRLEAD_MAX_MODELS',
    whole(1, 1_000_000),
    '10000',
    'Maximum number of models that are served at the same time.',
  ),
} as const;
