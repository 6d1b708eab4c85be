import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedCounts } from '@fairlead/security';
import { RedisCounts } from '@fairlead/security/redis';
import { createClient } from 'redis';

const MAX_RECONNECT_MS = 2000;
const CONNECT_TIMEOUT_MS = 2000;

/** Counts in Redis, and their connection. */
export interface OpenedRedisCounts {
  readonly counts: SharedCounts;
  close(): void;
}

/** Options of {@link openRedisCounts}. */
export interface OpenRedisCountsOptions {
  readonly timeoutMs: number;
  /** Counts while Redis is unavailable; without it, requests are refused then. */
  readonly fallback: SharedCounts | undefined;
  readonly onError: (error: unknown) => void;
  readonly onRecovery: () => void;
}

/**
 * Opens counts in Redis or Valkey; resolves when it is connected, or after two seconds.
 *
 * @throws TypeError when the address is invalid.
 */
export async function openRedisCounts(
  url: string,
  { timeoutMs, fallback, onError, onRecovery }: OpenRedisCountsOptions,
): Promise<OpenedRedisCounts> {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    // Finds a connection that a failover or a firewall has broken silently.
    pingInterval: 10_000,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, MAX_RECONNECT_MS),
    },
  });
  const counts = new RedisCounts({
    ...{ client, timeoutMs, onError, onRecovery },
    ...(fallback && { fallback }),
    reconnect() {
      // The name of a primary points to another host after a failover.
      if (client.isOpen) client.destroy();
      client.connect().catch(() => undefined);
    },
  });
  // The client retries by itself, and reports failures as `error` events.
  const connected = client.connect().catch(() => undefined);
  await Promise.race([connected, sleep(CONNECT_TIMEOUT_MS, undefined, { ref: false })]);
  return {
    counts,
    close() {
      counts.close();
      if (client.isOpen) client.destroy();
    },
  };
}
