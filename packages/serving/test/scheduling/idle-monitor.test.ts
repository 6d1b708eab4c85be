import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { IdleMonitor } from '../../src/scheduling/idle-monitor.ts';

function keepBusy(durationMs: number): void {
  const end = performance.now() + durationMs;
  while (performance.now() < end);
}

test('a runtime that waits for a busy event loop longer than one execution takes is starving', () => {
  const monitor = new IdleMonitor();
  monitor.idleStarted();
  keepBusy(2);
  // The duration of an execution isn't known yet.
  expect(monitor.isStarving).toBe(false);
  monitor.recordExecution(1000);
  expect(monitor.isStarving).toBe(false);
  monitor.recordExecution(20);
  monitor.idleStarted();
  keepBusy(30);
  expect(monitor.isStarving).toBe(true);
});

test('a runtime that waits for requests is not starving', async () => {
  const monitor = new IdleMonitor();
  monitor.recordExecution(100);
  monitor.idleStarted();
  await sleep(300);
  expect(monitor.isStarving).toBe(false);
});

test('a runtime is not starving before its first execution', () => {
  const monitor = new IdleMonitor();
  monitor.recordExecution(0);
  expect(monitor.isStarving).toBe(false);
});
