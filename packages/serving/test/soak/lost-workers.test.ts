import { expect, test } from 'vitest';
import { hangWorker, killWorker } from './workers/lost-workers.ts';

// The duration, under two seconds in many runs, is measured only on an idle machine: npm run soak -- workers
test.each([
  ['a worker that dies', killWorker],
  ['a worker that hangs', hangWorker],
])('%s is replaced, and every request ends', async (_name, lose) => {
  const { recoveredAfterMs, answered, failed } = await lose();
  expect(answered + failed).toBe(40);
  expect(answered).toBeGreaterThanOrEqual(36);
  expect(recoveredAfterMs).toBeLessThan(Infinity);
});
