import { readFileSync } from 'node:fs';
import {
  cachedStore,
  type Manifest,
  ModelRegistry,
  openStore,
  type ObjectStore,
  parseTrustedKeys,
  RegistryError,
  type TrustedKeys,
} from '@fairlead/registry';
import type { StalenessMetrics } from '@fairlead/monitoring';
import type { ModelSource } from '@fairlead/serving';
import { forSetting, forSettingLater } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Time in which a failed request to S3 is retried: the next poll follows soon, and the cache answers until then. */
const RETRY_BUDGET_MS = 5000;

/** Longer than any healthy registry takes to answer again. */
const STALE_AFTER_SECONDS = 15;

type RegistrySettings = Pick<
  Settings,
  | 'registry'
  | 'registryCache'
  | 'registryCacheBytes'
  | 'pollIntervalMs'
  | 'trustedKeys'
  | 'trustedSigners'
>;

/** The registry of a gateway. */
interface OpenedRegistry {
  readonly registry: ModelRegistry;
  /** Store of the registry, without the cache. */
  readonly store: ObjectStore;
  /** Rejects with a SettingsError when the store lets writers overwrite each other. */
  readonly checkStore: () => Promise<void>;
}

/**
 * Opens the registry that the settings name, through the cache if they name one.
 *
 * @throws SettingsError when it can't be opened.
 */
export async function openRegistry(
  settings: RegistrySettings,
  onError: (error: unknown) => void,
): Promise<OpenedRegistry> {
  const { registry, registryCache: folder, registryCacheBytes: maxBytes } = settings;
  const trust = readTrustedKeys(settings);
  const store = await forSettingLater('FAIRLEAD_REGISTRY', () =>
    openStore(registry, { retryBudgetMs: RETRY_BUDGET_MS }),
  );
  const checkStore = (): Promise<void> =>
    forSettingLater('FAIRLEAD_REGISTRY', () => requireConditionalWrites(store));
  if (folder === undefined) {
    return { registry: new ModelRegistry({ store, ...trust }), store, checkStore };
  }
  const cached = forSetting('FAIRLEAD_REGISTRY_CACHE', () =>
    cachedStore(store, { folder, maxBytes, onError }),
  );
  return { registry: new ModelRegistry({ store: cached, ...trust }), store, checkStore };
}

/** Rejects a store that overwrites objects; while a store is unreachable, the gateway starts from its cache. */
async function requireConditionalWrites(store: ObjectStore): Promise<void> {
  try {
    await store.checkConditionalWrites?.();
  } catch (error) {
    const isUnsupported =
      error instanceof RegistryError && error.code === 'ERR_REGISTRY_STORE_UNSUPPORTED';
    if (isUnsupported) throw error;
  }
}

function readTrustedKeys({ trustedKeys: file, trustedSigners: signers }: RegistrySettings): {
  readonly trustedKeys?: TrustedKeys;
} {
  if (file === undefined) return {};
  return forSetting('FAIRLEAD_TRUSTED_KEYS', () => ({
    trustedKeys: parseTrustedKeys(readFileSync(file, 'utf8'), { signers }),
  }));
}

/** Dependencies of the source of the model server. */
interface SourceDependencies {
  /** Records when the alias of each model was last read. */
  readonly staleness: StalenessMetrics;
  /** Returns why a model isn't served, if that is known. */
  readonly hint: (model: string) => string | undefined;
  /** Returns false until the models of the registry were listed. */
  readonly knowsModels: () => boolean;
  /** Called for each version that is opened, before it is loaded. */
  readonly onOpen: (manifest: Manifest) => void;
  readonly onError: (error: unknown) => void;
}

/** Creates the source of the model server from a registry. */
export function registrySource(
  registry: ModelRegistry,
  { pollIntervalMs }: RegistrySettings,
  { staleness, hint, knowsModels, onOpen, onError }: SourceDependencies,
): ModelSource {
  const staleAfter = Math.max(STALE_AFTER_SECONDS, (3 * pollIntervalMs) / 1000);
  return {
    list: () => registry.listModels(),
    unservedHint: hint,
    knowsModels,
    resolve: (model, alias) => registry.resolve(model, alias),
    async openVersion(model, version) {
      const opened = await registry.openVersion(model, version);
      onOpen(opened.manifest);
      return opened;
    },
    follow(model, alias, { signal }) {
      staleness.track(model);
      signal.addEventListener('abort', () => {
        staleness.forget(model);
      });
      const onPoll = (): void => {
        if (!signal.aborted) staleness.confirm(model);
      };
      return registry.follow(model, alias, { signal, pollIntervalMs, onError, onPoll });
    },
    outdated(model) {
      const seconds = staleness.seconds(model) ?? 0;
      return seconds < staleAfter
        ? undefined
        : `the registry has not answered for ${Math.floor(seconds)} s; the versions that are loaded continue to serve`;
    },
  };
}
