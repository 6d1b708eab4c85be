import { expect, test } from 'vitest';
import { VersionStatistics } from '../../src/models/version-statistics.ts';

test('counts each number of rows by itself, up to 512 different ones', () => {
  const statistics = new VersionStatistics();
  for (let rows = 1; rows <= 2000; rows++) statistics.executed(rows, 1);
  statistics.executed(3, 1);
  const { batches, executionCount } = statistics.read();
  expect(batches.size).toBe(512);
  expect(batches.get(3)?.count).toBe(2);
  // Later numbers of rows are counted at the largest separate count.
  expect(batches.get(512)?.count).toBe(1489);
  expect(executionCount).toBe(2001);
});
