import { memoryCache, type CacheStore } from '@fairlead/serving';
import { redisCache } from '@fairlead/serving/redis';
import { createClient } from 'redis';
import { forSetting } from './settings/settings-error.ts';
import type { Settings } from './settings/settings.ts';

/** Where the answers of each model are kept. */
export interface ResponseCaches {
  /** Undefined when this model's answers aren't kept. */
  of(model: string): CacheStore | undefined;
  close(): void;
}

const LONGEST_RECONNECT_MS = 5000;

/**
 * Makes the caches that the settings ask for: in memory one for each model, in Redis one for all.
 *
 * @throws SettingsError when the address of Redis is none.
 */
export function createResponseCaches(
  { cacheBytes, cacheModels, redisUrl }: Settings,
  onError: (error: unknown) => void,
): ResponseCaches {
  const kept = (model: string): boolean => cacheModels?.includes(model) !== false;
  if (redisUrl === undefined) {
    const made = new Map<string, CacheStore>();
    return {
      of(model) {
        if (cacheBytes === 0 || !kept(model)) return undefined;
        // A model that is unloaded and loaded again goes on with its own.
        const cache = made.get(model) ?? memoryCache({ maxBytes: cacheBytes });
        made.set(model, cache);
        return cache;
      },
      close: () => undefined,
    };
  }
  const client = forSetting('FAIRLEAD_REDIS_URL', () =>
    createClient({
      url: redisUrl,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: 2000,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, LONGEST_RECONNECT_MS),
      },
    }),
  );
  const cache = redisCache({ client, onError });
  // Goes on trying by itself, and tells of it as an error of the client.
  client.connect().catch(() => undefined);
  return {
    of: (model) => (kept(model) ? cache : undefined),
    close() {
      if (client.isOpen) client.destroy();
    },
  };
}
