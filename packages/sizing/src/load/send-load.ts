import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, requestBytes } from './http-client.ts';
import type { LoadOrder, LoadResult } from './load-order.ts';

/** Pause between looks at what is due. */
const TURN_MS = 1;

/** Requests without a response; more would only exhaust the machine's ports. */
const MAX_PENDING = 2_000;

/** Sends requests and measures the time of each from its sending to its response. */
export async function sendLoad(order: LoadOrder): Promise<LoadResult> {
  const { target, seconds } = order;
  const clients = new Set<HttpClient>();
  const idle: HttpClient[] = [];
  const durations: number[] = [];
  let failed = 0;
  const bytes = requestBytes(target.path, target.headers, target.body);
  const send = async (): Promise<void> => {
    const client = idle.pop() ?? new HttpClient(target.port);
    clients.add(client);
    const sentAt = performance.now();
    const status = await client.send(bytes);
    durations.push(performance.now() - sentAt);
    if (status !== 200) failed += 1;
    if (status === 0) clients.delete(client);
    else idle.push(client);
  };
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  try {
    if ('connections' in order) {
      const loop = async (): Promise<void> => {
        while (performance.now() < endsAt) await send();
      };
      await Promise.all(Array.from({ length: order.connections }, loop));
    } else await sendAtRate(order, startedAt, send);
  } finally {
    for (const client of clients) client.close();
  }
  const { user, system } = process.cpuUsage(before);
  const sorted = Float64Array.from(durations).sort();
  return {
    ...{ requests: durations.length, failed },
    seconds: (performance.now() - startedAt) / 1000,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    processorSeconds: (user + system) / 1e6,
  };
}

/** Sends with exponential gaps, as many independent clients do, whether responses come or not. */
async function sendAtRate(
  { perSecond, seed, seconds }: Extract<LoadOrder, { readonly perSecond: number }>,
  startedAt: number,
  send: () => Promise<void>,
): Promise<void> {
  const pending = new Set<Promise<void>>();
  let state = seed >>> 0;
  const gapMs = (): number => {
    // A linear congruential generator (Numerical Recipes) is random enough for gaps.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (-Math.log(1 - state / 2 ** 32) * 1000) / perSecond;
  };
  let dueMs = gapMs();
  while (dueMs < seconds * 1000) {
    while (dueMs <= performance.now() - startedAt && dueMs < seconds * 1000) {
      dueMs += gapMs();
      if (pending.size >= MAX_PENDING) continue;
      const sent = send();
      pending.add(sent);
      void sent.finally(() => pending.delete(sent));
    }
    await sleep(TURN_MS);
  }
  await Promise.all(pending);
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
