import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { IdleWatch } from '../../src/scheduling/idle-watch.ts';

function keepBusy(durationMs: number): void {
  const end = performance.now() + durationMs;
  while (performance.now() < end);
}

test('a runtime that waits for a busy event loop wastes its time, as soon as one more execution would fit', () => {
  const watch = new IdleWatch();
  watch.begins();
  keepBusy(2);
  // Nobody knows yet how long an execution takes.
  expect(watch.wastes).toBe(false);
  watch.executed(1000);
  expect(watch.wastes).toBe(false);
  watch.executed(20);
  watch.begins();
  keepBusy(30);
  expect(watch.wastes).toBe(true);
});

test('waiting for requests is no waste', async () => {
  const watch = new IdleWatch();
  watch.executed(100);
  watch.begins();
  await sleep(300);
  expect(watch.wastes).toBe(false);
});

test('before the first execution there is nothing to leave', () => {
  const watch = new IdleWatch();
  watch.executed(0);
  expect(watch.wastes).toBe(false);
});
