import { expect, test } from 'vitest';
import { hangWorker, killWorker } from './workers/lost-workers.ts';

// How long it takes, many times over: npm run soak -- workers
test.each([
  ['a worker that dies', killWorker],
  ['a worker that hangs', hangWorker],
])('%s is replaced in under two seconds, and no request waits for ever', async (_name, lose) => {
  const { recoveredAfterMs, answered, failed } = await lose();
  expect(answered + failed).toBe(40);
  expect(answered).toBeGreaterThanOrEqual(36);
  expect(recoveredAfterMs).toBeLessThan(2000);
});
