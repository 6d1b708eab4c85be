import { until } from '@fairlead/test-support/polling';
import { describe, expect, test } from 'vitest';
import { memoryCache, ServingError, type CacheLookup, type CacheStore } from '@fairlead/serving';
import { ResponseCache } from '../../src/cache/response-cache.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import type { Outcome, Submission } from '../../src/scheduling/ticket.ts';
import { affine } from '../memory-source.ts';
import { GatedRuntime, POISON, rowsOf } from '../scheduling/gated-runtime.ts';

const manifest = { model: 'm', version: 1, signature: affine, runtime: { name: 'test' } };

/** A cache in front of a real scheduler and a runtime whose executions the test releases. */
function cached({
  store = memoryCache({ maxBytes: 1e6 }),
  gated = true,
}: { store?: CacheStore; gated?: boolean } = {}) {
  const runtime = new GatedRuntime({ gated });
  const scheduler = new Scheduler({
    title: 'model "m" version 1',
    runtime,
    batching: { maxRows: 8, maxBytes: 1e6 },
    maxQueued: 100,
    onExecuted: () => undefined,
  });
  const cache = new ResponseCache(store, manifest, (submission) => scheduler.submit(submission));
  const ask = (value: number, more: Partial<Submission> = {}) => {
    const lookup: CacheLookup = { result: 'miss', durationMs: 0 };
    const deadlineAt = performance.now() + 60_000;
    const ran = cache.run({ inputs: [rowsOf(value)], rows: 1, deadlineAt, ...more }, lookup);
    return { lookup, code: codeOf(ran), value: valueOf(ran) };
  };
  const outputsOf = async (value: number) => {
    const submission = { inputs: [rowsOf(value)], rows: 1, deadlineAt: performance.now() + 60_000 };
    return (await cache.run(submission, { result: 'miss', durationMs: 0 })).outputs;
  };
  return { runtime, ask, outputsOf };
}

const codeOf = (ran: Promise<unknown>) =>
  ran.then(
    () => 'answered',
    (error: unknown) => (error instanceof ServingError ? error.code : String(error)),
  );
const valueOf = (ran: Promise<Outcome>) =>
  ran.then(
    ({ outputs }) => outputs[0]?.data[0],
    () => undefined,
  );

async function openNext(runtime: GatedRuntime): Promise<void> {
  await until(() => runtime.gates.length > 0);
  runtime.gates.shift()?.open();
}

describe('one execution for the same input', () => {
  test('however many ask at the same time, and none for those who ask later', async () => {
    const { runtime, ask } = cached();
    const requests = Array.from({ length: 50 }, () => ask(3));
    await openNext(runtime);
    expect(await Promise.all(requests.map(({ value }) => value))).toEqual(Array(50).fill(6));
    expect(runtime.executed).toEqual([[3]]);
    const results = requests.map(({ lookup }) => lookup.result);
    expect(results.filter((result) => result === 'miss')).toEqual(['miss']);
    const late = ask(3);
    expect(await late.value).toBe(6);
    expect(late.lookup.result).toBe('hit');
    expect(runtime.executed).toHaveLength(1);
  });

  test('a request after the deadline of all that wait gets a separate execution, and later ones share that', async () => {
    const outcomes: PromiseWithResolvers<Outcome>[] = [];
    const cache = new ResponseCache(
      { get: () => undefined, set: () => undefined },
      manifest,
      () => {
        const outcome = Promise.withResolvers<Outcome>();
        outcomes.push(outcome);
        return outcome.promise;
      },
    );
    const ask = (timeoutMs: number): Promise<Outcome> => {
      const deadlineAt = performance.now() + timeoutMs;
      return cache.run(
        { inputs: [rowsOf(3)], rows: 1, deadlineAt },
        { result: 'miss', durationMs: 0 },
      );
    };
    const outcomeOf = (value: number): Outcome => ({
      outputs: [rowsOf(value)],
      queueDurationMs: 0,
      computeDurationMs: 0,
    });
    const first = ask(5).catch(() => undefined);
    // The event loop is busy: the deadline has passed, and its timer hasn't fired.
    const busyUntil = performance.now() + 20;
    while (performance.now() < busyUntil);
    const second = ask(60_000);
    expect(outcomes).toHaveLength(2);
    // The end of the late one must not take the place of the other.
    outcomes[0]?.resolve(outcomeOf(1));
    await first;
    await new Promise(setImmediate);
    const third = ask(60_000);
    expect(outcomes).toHaveLength(2);
    outcomes[1]?.resolve(outcomeOf(2));
    expect(await valueOf(second)).toBe(2);
    expect(await valueOf(third)).toBe(2);
  });

  test('other inputs are executed, and get their own answers', async () => {
    const { runtime, ask } = cached({ gated: false });
    const requests = [1, 2, 3, 1, 2, 3].map((value) => ask(value));
    expect(await Promise.all(requests.map(({ value }) => value))).toEqual([2, 4, 6, 2, 4, 6]);
    expect(runtime.executed.flat()).toEqual([1, 2, 3]);
  });

  test('each reader gets separate outputs', async () => {
    const { outputsOf } = cached({ gated: false });
    const run = () => outputsOf(5);
    const together = await Promise.all([run(), run(), run()]);
    const later = await run();
    const all = [...together, later].map((outputs) => outputs[0]?.data as Float32Array);
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(4);
    for (const data of all) {
      structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
      expect((await run())[0]?.data[0]).toBe(10);
    }
  });
});

describe('a request that ends early', () => {
  test('a leader whose client disconnected does not fail its followers', async () => {
    const { runtime, ask } = cached();
    const client = new AbortController();
    const leader = ask(3, { signal: client.signal });
    const followers = [ask(3), ask(3)];
    await until(() => runtime.gates.length === 1);
    client.abort();
    expect(await leader.code).toBe('ERR_SERVING_CANCELED');
    await openNext(runtime);
    expect(await Promise.all(followers.map(({ value }) => value))).toEqual([6, 6]);
    expect(runtime.executed).toHaveLength(1);
    // The execution was made for one of those who were answered.
    expect(followers.map(({ lookup }) => lookup.result).sort()).toEqual(['hit', 'miss']);
  });

  test('a leader whose deadline passes does not fail those who follow', async () => {
    const { runtime, ask } = cached();
    const leader = ask(3, { deadlineAt: performance.now() + 20 });
    const follower = ask(3);
    expect(await leader.code).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    await openNext(runtime);
    expect(await follower.value).toBe(6);
    expect(runtime.executed).toHaveLength(1);
  });

  test('a follower that is canceled or late has no effect on the others', async () => {
    const { runtime, ask } = cached();
    const leader = ask(3);
    const client = new AbortController();
    const gone = ask(3, { signal: client.signal });
    const late = ask(3, { deadlineAt: performance.now() + 20 });
    const never = ask(3, { signal: AbortSignal.abort() });
    const over = ask(3, { deadlineAt: performance.now() - 1 });
    client.abort();
    expect(await gone.code).toBe('ERR_SERVING_CANCELED');
    expect(await late.code).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    expect(await never.code).toBe('ERR_SERVING_CANCELED');
    expect(await over.code).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    await openNext(runtime);
    expect(await leader.value).toBe(6);
    expect(leader.lookup.result).toBe('miss');
  });

  test('after all requests ended, the waiting work is not executed, and the next request starts again', async () => {
    const { runtime, ask } = cached();
    const blocking = ask(1);
    await until(() => runtime.gates.length === 1);
    const clients = [new AbortController(), new AbortController()];
    const requests = clients.map(({ signal }) => ask(3, { signal }));
    for (const client of clients) client.abort();
    expect(await Promise.all(requests.map(({ code }) => code))).toEqual(
      Array(2).fill('ERR_SERVING_CANCELED'),
    );
    await openNext(runtime);
    await blocking.value;
    const next = ask(3);
    await openNext(runtime);
    expect(await next.value).toBe(6);
    expect(runtime.executed).toEqual([[1], [3]]);
  });

  test('an execution is aborted when no request waits for it any more', async () => {
    const { runtime, ask } = cached();
    const client = new AbortController();
    const requests = [ask(3, { signal: client.signal }), ask(3, { signal: client.signal })];
    await until(() => runtime.gates.length === 1);
    expect(runtime.signals[0]?.aborted).toBe(false);
    client.abort();
    await Promise.all(requests.map(({ code }) => code));
    expect(runtime.signals[0]?.aborted).toBe(true);
    await openNext(runtime);
  });
});

describe('failures', () => {
  test('are returned to every waiting request, and not cached', async () => {
    const { runtime, ask } = cached({ gated: false });
    const requests = [ask(POISON), ask(POISON)];
    expect(await Promise.all(requests.map(({ code }) => code))).toEqual(
      Array(2).fill('ERR_SERVING_RUN_FAILED'),
    );
    expect(requests.map(({ lookup }) => lookup.result)).toEqual(['miss', 'miss']);
    expect(runtime.executed).toHaveLength(1);
    expect(await ask(POISON).code).toBe('ERR_SERVING_RUN_FAILED');
    expect(runtime.executed).toHaveLength(2);
  });

  const broken = new Error('broken store');
  const refuse = () => Promise.reject(broken);
  const fail = () => {
    throw broken;
  };
  test.each<[string, CacheStore]>([
    ['throws', { get: fail, set: fail }],
    ['rejects', { get: refuse, set: refuse }],
    ['answers nonsense at once', { get: () => new Uint8Array([1, 2, 3]), set: fail }],
    ['answers nonsense later', { get: () => Promise.resolve(new Uint8Array(99)), set: refuse }],
  ])('a store that %s costs a miss', async (_how, store) => {
    const { ask } = cached({ store, gated: false });
    for (let round = 0; round < 2; round++) {
      const requests = ask(3);
      expect(await requests.value).toBe(6);
      expect(requests.lookup.result).toBe('miss');
    }
  });
});
