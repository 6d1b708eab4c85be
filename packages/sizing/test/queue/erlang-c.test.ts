import { expect, it } from 'vitest';
import { erlangC } from '../../src/queue/erlang-c.ts';
import { simulateQueue } from '../support/simulate-queue.ts';

it.each([
  [1, 0.5, 0.5],
  [1, 0.9, 0.9],
  [2, 0.5, 1 / 3],
  [4, 0, 0],
  [4, 1, 1],
  [4, 2, 1],
])('%d servers that are busy for %d: %d wait', (servers, utilization, expected) => {
  expect(erlangC(servers, utilization)).toBeCloseTo(expected, 12);
});

it('is the share of requests that wait in a simulated queue of 8 servers', () => {
  // With constant service times, every latency above 1 ms has waited.
  const sorted = simulateQueue({ servers: 8, service: () => 1, perSecond: 6000 });
  const waited = sorted.filter((latency) => latency > 1.000001).length / sorted.length;
  // Erlang C is exact for exponential service times, and close for constant ones.
  expect(Math.abs(erlangC(8, 0.75) - waited)).toBeLessThan(0.05);
});

it('stays finite for a host of 192 cores', () => {
  expect(erlangC(192, 0.9)).toBeGreaterThan(0);
  expect(erlangC(192, 0.9)).toBeLessThan(0.5);
});
