import { memoryCache, type CacheStore } from '@fairlead/serving';
import { importPeer } from '../settings/import-peer.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Response caches of the models. */
export interface ResponseCaches {
  /** Returns the cache of a model; undefined when its responses aren't cached. */
  of(model: string): CacheStore | undefined;
  close(): void;
}

/**
 * Creates the caches of the settings: in memory one for each model, in Redis one for all.
 *
 * @throws SettingsError when the address of Redis is invalid or the package `redis` isn't installed.
 */
export async function createResponseCaches(
  { cacheBytes, cacheModels, redisUrl, processes = 1 }: Settings,
  onError: (error: unknown) => void,
): Promise<ResponseCaches> {
  const isCached = (model: string): boolean => cacheModels?.includes(model) !== false;
  if (redisUrl === undefined) {
    // All processes together use as much as the setting says.
    const maxBytes = Math.floor(cacheBytes / processes);
    const made = new Map<string, CacheStore>();
    return {
      of(model) {
        if (maxBytes === 0 || !isCached(model)) return undefined;
        // A model that is unloaded and loaded again uses the same cache.
        const cache = made.get(model) ?? memoryCache({ maxBytes });
        made.set(model, cache);
        return cache;
      },
      close: () => undefined,
    };
  }
  const { openRedisCache } = await importPeer(
    'FAIRLEAD_REDIS_URL',
    'redis',
    () => import('./open-redis-cache.ts'),
  );
  const redis = forSetting('FAIRLEAD_REDIS_URL', () => openRedisCache(redisUrl, onError));
  return {
    of: (model) => (isCached(model) ? redis.cache : undefined),
    close: () => {
      redis.close();
    },
  };
}
