import { expect, test } from 'vitest';
import { runStorage } from './storage/run-storage.ts';

// The long form, a hundred thousand requests: npm run soak -- storage
test('answers and records are those of their inputs, however storage is shared, moved and freed', async () => {
  const tally = await runStorage(1500, 1);
  // The run must contain what it tests.
  for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(10);
});
