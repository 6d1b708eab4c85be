import { ModelRegistry } from '@fairlead/registry';
import { s3Store } from '@fairlead/registry/s3';
import { newBucket, s3Client, startMoto } from '@fairlead/test-support';
import { expect, onTestFinished, vi } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';
import { digits } from './sample-registry.ts';

/** Time within which every follower has the version of the alias. */
const CONVERGED_MS = 15_000;
const by = { actor: 'ada' };

/**
 * Hosts follow one alias in S3, of which all get each change, also the one after an outage; between changes each look is one
 * small read.
 *
 * @returns milliseconds from a change until the last host had it
 */
export async function convergingFollowers(followerCount: number): Promise<number> {
  const moto = await startMoto();
  const proxy = await FaultProxy.start(moto.port);
  const client = s3Client(proxy.endpoint, { maxAttempts: 1 });
  const controller = new AbortController();
  const followers: Promise<void>[] = [];
  onTestFinished(async () => {
    controller.abort();
    await Promise.all(followers);
    client.destroy();
    await proxy.close();
    await moto.stop();
  });
  const bucket = await newBucket(client);
  const store = () => s3Store({ bucket, client, retryBudgetMs: 100 });
  const registry = new ModelRegistry({ store: store() });
  for (const content of ['one', 'two', 'three']) await registry.push(digits(content));
  await registry.setAlias('digits', 'champion', 1, by);

  const versions: (number | undefined)[] = Array.from({ length: followerCount });
  const polls = Array.from({ length: followerCount }, () => 0);
  let failures = 0;
  for (let index = 0; index < followerCount; index += 1) {
    // A host each: none shares what another knows.
    const options = {
      signal: controller.signal,
      pollIntervalMs: 1000,
      onPoll: () => (polls[index] = (polls[index] ?? 0) + 1),
      onError: () => (failures += 1),
    };
    const changes = new ModelRegistry({ store: store() }).follow('digits', 'champion', options);
    followers.push(
      (async () => {
        for await (const { version } of changes) versions[index] = version;
      })(),
    );
  }
  const allMean = async (version: number, timeout = CONVERGED_MS) => {
    const since = performance.now();
    await vi.waitFor(
      () => {
        expect(new Set(versions)).toEqual(new Set([version]));
      },
      { timeout, interval: 20 },
    );
    return performance.now() - since;
  };
  await allMean(1, 60_000);
  await registry.setAlias('digits', 'champion', 2, by);
  const convergedMs = await allMean(2);

  // Nothing changes from here on: each look is one request for the entry that would be next.
  const from = proxy.requests.length;
  const before = polls.reduce((sum, count) => sum + count, 0);
  await vi.waitFor(
    () => {
      expect(polls.reduce((sum, count) => sum + count, 0) - before).toBeGreaterThan(
        2 * followerCount,
      );
    },
    { timeout: 60_000, interval: 20 },
  );
  const requested = proxy.requests.slice(from).map(({ method, url }) => `${method} ${url}`);
  expect(new Set(requested)).toEqual(
    new Set([`GET /${bucket}/models/digits/aliases/champion/00000003.json?x-id=GetObject`]),
  );
  const looks = polls.reduce((sum, count) => sum + count, 0) - before;
  expect(requested.length).toBeLessThanOrEqual(looks + followerCount);

  proxy.vanish();
  await vi.waitFor(
    () => {
      expect(failures).toBeGreaterThan(followerCount);
    },
    { timeout: 60_000, interval: 20 },
  );
  expect(new Set(versions)).toEqual(new Set([2]));
  proxy.heal();
  await registry.setAlias('digits', 'champion', 3, by);
  await allMean(3);
  return convergedMs;
}
