import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { BucketCounts, registerBucketHistogram } from '../src/bucket-histogram.ts';

const bounds = [0.001, 0.1, 1, 10];
const shown = { name: 'duration_seconds', help: 'How long it took.' };

const values = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'b "quoted"'),
    fc.oneof(fc.constantFrom(0, ...bounds), fc.double({ min: 0, max: 20, noNaN: true })),
  ),
);

function recorded(observed: readonly (readonly [string, number])[]): Registry {
  const registry = new Registry();
  const series = new Map<string, BucketCounts>();
  for (const [model, value] of observed) {
    const counts = series.get(model) ?? new BucketCounts(bounds);
    series.set(model, counts);
    counts.observe(value);
  }
  registerBucketHistogram(registry, {
    ...shown,
    series: () => [...series].map(([model, counts]) => ({ labels: { model }, counts })),
  });
  return registry;
}

function expected(observed: readonly (readonly [string, number])[]): Registry {
  const registry = new Registry();
  const histogram = new Histogram({
    ...shown,
    labelNames: ['model'],
    buckets: bounds,
    registers: [registry],
  });
  for (const [model, value] of observed) histogram.observe({ model }, value);
  return registry;
}

test('has the same samples as the histogram of prom-client, in text and in JSON', async () => {
  await fc.assert(
    fc.asyncProperty(values, async (observed) => {
      expect(await recorded(observed).metrics()).toBe(await expected(observed).metrics());
      // prom-client's says of each bucket that it has no exemplar as well.
      expect(await expected(observed).getMetricsAsJSON()).toMatchObject(
        await recorded(observed).getMetricsAsJSON(),
      );
    }),
  );
});

test('keeps its counts when the registry resets its metrics', async () => {
  const registry = recorded([['a', 0.5]]);
  registry.resetMetrics();
  expect(await registry.metrics()).toContain('duration_seconds_count{model="a"} 1');
});
