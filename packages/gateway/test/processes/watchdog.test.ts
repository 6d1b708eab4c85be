import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watchdog } from '../../src/processes/watchdog.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

interface Watched {
  readonly hangMs?: number;
  readonly isDebugged?: boolean;
}

/** A watched process that answers after `delayMs()`. */
function watch(delayMs: () => number, { hangMs, isDebugged = false }: Watched = {}) {
  const events: string[] = [];
  const answer = () => new Promise((resolve) => setTimeout(resolve, delayMs(), { isDebugged }));
  const watchdog = new Watchdog(
    { call: answer as never },
    {
      onSilence: () => void events.push('silence'),
      onAnswer: () => void events.push('answer'),
      onHang: () => void events.push('hang'),
    },
    hangMs,
  );
  return { events, watchdog };
}

test('a process that answers each second stays', async () => {
  const { events } = watch(() => 900);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual([]);
});

test('a process that is silent for some seconds gets no connections until it answers', async () => {
  const { events } = watch(() => 8000);
  await vi.advanceTimersByTimeAsync(4000);
  expect(events).toEqual(['silence']);
  await vi.advanceTimersByTimeAsync(6000);
  expect(events).toEqual(['silence', 'answer']);
});

test('a process that is silent for ten seconds hangs, and is reported once', async () => {
  const { events } = watch(() => 1_000_000);
  await vi.advanceTimersByTimeAsync(10_999);
  expect(events).toEqual(['silence']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual(['silence', 'hang']);
});

test('a process that starts has more time', async () => {
  const { events } = watch(() => 1_000_000, { hangMs: 120_000 });
  await vi.advanceTimersByTimeAsync(120_999);
  expect(events).toEqual(['silence']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual(['silence', 'hang']);
});

test('a process that a debugger pauses gets no connections, and stays', async () => {
  let delayMs = 0;
  const { events } = watch(() => delayMs, { isDebugged: true });
  await vi.advanceTimersByTimeAsync(2000);
  delayMs = 600_000;
  await vi.advanceTimersByTimeAsync(500_000);
  expect(events).toEqual(['silence']);
  delayMs = 0;
  await vi.advanceTimersByTimeAsync(200_000);
  expect(events).toEqual(['silence', 'answer']);
});

test('a closed watchdog reports nothing', async () => {
  const { events, watchdog } = watch(() => 1_000_000);
  await vi.advanceTimersByTimeAsync(1000);
  watchdog.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual([]);
});
