import { expect, test } from 'vitest';
import type { MetricPublisher } from '../../src/monitoring/metric-publisher.ts';
import { publishNumbers } from '../../src/recording/publish-numbers.ts';

test('numbers of models have the dimension model, for 20 models at most', async () => {
  const recorded = new Map<string, number[]>();
  const publisher = {
    level: ({
      name,
      dimensions,
    }: {
      name: string;
      dimensions?: Readonly<Record<string, string>>;
    }) => {
      const key = [name, ...Object.values(dimensions ?? {})].join(' ');
      const values: number[] = [];
      recorded.set(key, values);
      return { record: (value: number) => values.push(value) };
    },
  } as unknown as MetricPublisher;
  const models = new Map(Array.from({ length: 30 }, (_, index) => [`model-${index}`, index]));
  const publishing = publishNumbers(
    publisher,
    'gateway',
    [
      {
        name: 'Drifted',
        kind: 'level',
        combination: 'max',
        read: () => 7,
        readModels: () => models,
      },
    ],
    (error) => {
      throw error;
    },
  );
  await publishing.stop();
  models.set('model-3', 0);
  await publishing.stop();
  expect(recorded.size).toBe(21);
  expect(recorded.get('Drifted gateway')).toEqual([7, 7]);
  expect(recorded.get('Drifted gateway model-3')).toEqual([3, 0]);
  expect(recorded.get('Drifted gateway model-19')).toEqual([19, 19]);
  expect(recorded.has('Drifted gateway model-20')).toBe(false);
});
