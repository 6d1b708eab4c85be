import { expect, test } from 'vitest';
import { hangWorker, killWorker } from './workers/lost-workers.ts';

// How long it takes, in under two seconds and many times over, is for a machine with nothing else to do: npm run soak -- workers
test.each([
  ['a worker that dies', killWorker],
  ['a worker that hangs', hangWorker],
])('%s is replaced, and every request ends', async (_name, lose) => {
  const { recoveredAfterMs, answered, failed } = await lose();
  expect(answered + failed).toBe(40);
  expect(answered).toBeGreaterThanOrEqual(36);
  expect(recoveredAfterMs).toBeLessThan(Infinity);
});
