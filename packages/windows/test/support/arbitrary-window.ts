import { BinCounter, type Bins, emptyWindow, type Window } from '@fairlead/windows';
import fc from 'fast-check';
import { ExactSummation } from '../../src/bins/exact-sum.ts';

const label = { model: 'churn', version: '3' };
const edges: Bins = { kind: 'edges', edges: [0, 1, 2] };
const categories: Bins = { kind: 'categories', categories: ['a', 'b'] };
const count = fc.nat({ max: 2 ** 40 });
const number = fc.oneof(fc.double({ noNaN: false }), fc.integer({ min: -3, max: 8 }));
const names = fc.constantFrom('REJECTED', 'BACKEND', 'OTHER', 'a "name"', '__proto__');

function exactSum(numbers: readonly number[]) {
  const summation = new ExactSummation();
  for (const each of numbers) if (Number.isFinite(each)) summation.add(each);
  return summation.sum();
}

/** Any window of one version. */
export const arbitraryWindow: fc.Arbitrary<Window> = fc
  .record({
    slot: fc.nat({ max: 1000 }),
    numbers: fc.array(fc.integer({ min: 0, max: 2 ** 30 }), { minLength: 4, maxLength: 4 }),
    failures: fc.dictionary(names, count, { maxKeys: 3 }),
    latency: fc.array(count, { minLength: 89, maxLength: 89 }),
    values: fc.array(number, { maxLength: 10 }),
    texts: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 10 }),
    outcomes: fc.dictionary(names, fc.array(number, { maxLength: 4 }), { maxKeys: 2 }),
    weight: fc.constantFrom(1, 2, 64),
  })
  .map(({ slot, numbers, failures, latency, values, texts, outcomes, weight }) => {
    const feature = new BinCounter(edges);
    const output = new BinCounter(categories);
    for (const value of values) feature.addNumber(value, weight);
    for (const text of texts) output.addText(text, weight);
    const [requests = 0, rows = 0, fallbacks = 0, cacheHits = 0] = numbers;
    const sampled = values.length;
    return {
      ...emptyWindow(label, slot * 300_000, (slot + 1) * 300_000),
      requests,
      rows,
      fallbacks,
      cacheHits,
      failures,
      latency: { counts: latency, sumUs: requests * 7 },
      sample: { rows: sampled, weight: sampled * weight, squaredWeight: sampled * weight ** 2 },
      features: [{ name: 'x', counts: feature.counts() }],
      outputs: [{ name: 'y', counts: output.counts() }],
      outcomes: Object.fromEntries(
        Object.entries(outcomes).map(([name, list]) => [
          name,
          {
            count: list.length,
            sum: exactSum(list),
            sumOfSquares: exactSum(list.map((x) => x * x)),
          },
        ]),
      ),
      lost: { requests: numbers[0] ?? 0, windows: slot % 2 },
    };
  });
