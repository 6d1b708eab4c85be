import type { CacheStore } from '@fairlead/serving';
import { redisCache } from '@fairlead/serving/redis-cache';
import { createClient } from 'redis';

const MAX_RECONNECT_MS = 5000;

/** A cache in Redis. */
export interface RedisCache {
  readonly cache: CacheStore;
  close(): void;
}

/**
 * Opens a cache in Redis or Valkey; while it can't be reached, nothing is cached.
 *
 * @throws TypeError when the address is invalid.
 */
export function openRedisCache(url: string, onError: (error: unknown) => void): RedisCache {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, MAX_RECONNECT_MS),
    },
  });
  const cache = redisCache({ client, onError });
  // The client retries by itself, and reports failures as `error` events.
  client.connect().catch(() => undefined);
  return {
    cache,
    close() {
      if (client.isOpen) client.destroy();
    },
  };
}
