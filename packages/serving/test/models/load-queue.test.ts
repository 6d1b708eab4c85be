import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RuntimeFactory } from '@fairlead/serving';
import { LoadQueue } from '../../src/models/load-queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Loads that start one after the other, each ending when its promise resolves. */
function setUp(loadsAtOnce: number) {
  const factory: RuntimeFactory = {
    loadsAtOnce,
    load: () => Promise.reject(new Error('not called')),
  };
  const queue = new LoadQueue();
  const started: string[] = [];
  const load = (name: string) => {
    const end = Promise.withResolvers<string>();
    const ended = queue.run(factory, () => {
      started.push(name);
      return end.promise;
    });
    return { ...end, ended };
  };
  return { started, load };
}

test('two loads that hang delay others by 30 seconds, and go on themselves', async () => {
  const { started, load } = setUp(2);
  const hanging = [load('hanging 1'), load('hanging 2')];
  const waiting = [load('a'), load('b'), load('c')];
  await vi.advanceTimersByTimeAsync(29_999);
  expect(started).toEqual(['hanging 1', 'hanging 2']);
  await vi.advanceTimersByTimeAsync(1);
  expect(started).toEqual(['hanging 1', 'hanging 2', 'a', 'b']);
  for (const [index, each] of hanging.entries()) each.resolve(`late ${index}`);
  expect(await Promise.all(hanging.map(({ ended }) => ended))).toEqual(['late 0', 'late 1']);
  // The end of a load that has no slot any more starts nothing.
  await vi.advanceTimersByTimeAsync(0);
  expect(started).toHaveLength(4);
  waiting[0]?.resolve('a');
  await waiting[0]?.ended;
  expect(started.at(-1)).toBe('c');
});

test('a load that fails passes its slot to the next one, once', async () => {
  const { started, load } = setUp(1);
  const failing = load('failing');
  const next = load('next');
  load('last');
  failing.reject(new Error('no model'));
  await expect(failing.ended).rejects.toThrow('no model');
  expect(started).toEqual(['failing', 'next']);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(started).toHaveLength(2);
  next.resolve('done');
  await next.ended;
  expect(started).toEqual(['failing', 'next', 'last']);
});
