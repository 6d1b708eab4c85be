import { setting } from './setting.ts';
import { milliseconds, names, text, whole } from './setting-values.ts';

/** Where the models come from, and which are served. */
export const registrySettings = {
  registry: setting(
    'FAIRLEAD_REGISTRY',
    text,
    './registry',
    'Where the model registry is: a folder, or `s3://bucket/prefix`.',
  ),
  registryCache: setting(
    'FAIRLEAD_REGISTRY_CACHE',
    text.optional(),
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
    text.optional(),
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
    'Models to serve, separated by commas. Without it: every model of the registry that has the alias; one whose alias is set later is found within five poll intervals.',
  ),
  alias: setting('FAIRLEAD_ALIAS', text, 'champion', 'The alias that the models follow.'),
  pollIntervalMs: setting(
    'FAIRLEAD_POLL_INTERVAL_MS',
    milliseconds,
    '2000',
    'How often the registry is asked whether an alias has moved.',
  ),
  maxModels: setting(
    'FAIRLEAD_MAX_MODELS',
    whole(1, 1_000_000),
    '10000',
    'Models that are served at the same time at most.',
  ),
} as const;
