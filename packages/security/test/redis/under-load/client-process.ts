import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { LeasedCounts, type TakeRequest } from '@fairlead/security';
import { RedisCounts } from '@fairlead/security/redis';
import type { LoadOptions, ProcessResult } from './measure-error.ts';

/** Uses a client's limit at a rate for a time: one of several processes of {@link measureError}. */
const options = JSON.parse(process.argv[2] ?? '') as LoadOptions & { readonly url: string };
const { url, limit, ratePerProcess, durationMs, processes, maxAmount } = options;
const client = createClient({ url, disableOfflineQueue: true });
client.on('error', () => undefined);
await client.connect();
const failures: unknown[] = [];
const onError = (error: unknown): void => void failures.push(error);
// The machine may be busy: what a short timeout does is tested elsewhere.
const counts = new RedisCounts({ client, timeoutMs: 10_000, onError });
const result: ProcessResult = { sent: 0, allowed: 0, takes: 0 };
const counted = {
  take(request: TakeRequest) {
    result.takes += 1;
    return counts.take(request);
  },
};
const store = new LeasedCounts({
  ...{ limiter: 'load', counts: counted, processes, period: 3_600_000 },
});
const pending = new Set<Promise<void>>();

process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
const startedAt = performance.now();
while (performance.now() - startedAt < durationMs) {
  const due = Math.floor(((performance.now() - startedAt) * ratePerProcess) / 1000);
  for (; result.sent < due; result.sent += 1) {
    const amount = 1 + (result.sent % maxAmount);
    const use = store.use('client:acme', limit, amount);
    if (!(use instanceof Promise)) {
      if (use.isAllowed) result.allowed += amount;
      continue;
    }
    const later = use.then(({ isAllowed }) => {
      if (isAllowed) result.allowed += amount;
      pending.delete(later);
    });
    pending.add(later);
  }
  await sleep(1);
}
await Promise.all(pending);
if (failures.length > 0) throw failures[0];
process.send?.(result, () => {
  client.destroy();
  counts.close();
  process.disconnect();
});
