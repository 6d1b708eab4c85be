import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpTarget } from './fuzz/http-target.ts';
import { fuzzOverSockets } from './fuzz/over-sockets.ts';
import { fuzz } from './fuzz/run-fuzz.ts';
import { verdictOf } from './fuzz/verdict.ts';
import { worstBodies } from './fuzz/worst-bodies.ts';

// The long form, a million inputs, and how long the worst of them take: npm run soak -- fuzz
describe('any input', () => {
  test('is answered, and never with an internal error', async () => {
    const { statuses, stored } = await fuzz({ inputs: 600, seed: 1 });
    expect(statuses[200]).toBeGreaterThan(100);
    expect(statuses[400]).toBeGreaterThan(100);
    expect(stored).toBeGreaterThan(5);
  }, 120_000);

  test('is answered over sockets in any framing, and so is the next one', async () => {
    const { statuses, abandoned } = await fuzzOverSockets(160, 1);
    expect(statuses['200']).toBeGreaterThan(5);
    expect(abandoned).toBeGreaterThan(10);
  }, 120_000);
});

describe('a body of a megabyte that was made to keep a decoder busy', () => {
  let target: HttpTarget;
  beforeAll(async () => {
    target = await HttpTarget.start();
  });
  afterAll(() => target.close());

  test.each(Object.entries(worstBodies()))('%s', async (_name, input) => {
    expect(verdictOf(input, await target.ask(input))).toBeUndefined();
  });
});
