import { expect, test } from 'vitest';
import { MetricBuffer } from '../../src/cloudwatch/index.ts';

test('a drained buffer has each value with its count, rounded, and is empty afterwards', () => {
  const buffer = new MetricBuffer();
  const latency = buffer.metric({ name: 'Latency', unit: 'Milliseconds' });
  buffer.metric({ name: 'Unused' });
  latency.record(12.341);
  latency.record(12.342, 2);
  latency.record(7);
  latency.record(Number.NaN);
  latency.record(1, 0);
  const drained = structuredClone(buffer.drain());
  expect(drained).toEqual([
    {
      definition: { name: 'Latency', unit: 'Milliseconds' },
      values: [12.3, 7, Number.NaN],
      counts: [3, 1, 2],
    },
  ]);
  expect(buffer.drain()).toEqual([]);
  latency.record(7);
  expect(buffer.drain()).toMatchObject([{ values: [7], counts: [1] }]);
});

test('an invalid definition is rejected', () => {
  expect(() => new MetricBuffer().metric({ name: 'größe' })).toThrow('printable ASCII');
});
