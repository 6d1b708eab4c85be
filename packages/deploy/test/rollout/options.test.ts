import { expect, test } from 'vitest';

import { rollBack, rollOut, type RollOutOptions } from '../../src/index.ts';
import { localCarrier } from '../../src/local.ts';
import { batchesOf, batchSize } from '../../src/rollout/batches.ts';

const carrier = localCarrier();

test.each([
  [1, 3, 1],
  [5, 3, 3],
  ['25%', 3, 1],
  ['25%', 8, 2],
  ['50%', 5, 2],
  ['100%', 4, 4],
] as const)('a batch of %s of %i hosts is %i', (batch, hosts, size) => {
  expect(batchSize(batch, hosts)).toBe(size);
});

test('batches hold every host once, in order', () => {
  expect([...batchesOf(['a', 'b', 'c', 'd', 'e'], 2)]).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

test.each([
  [{ hosts: [] }, 'Option hosts: expected a list'],
  [{ hosts: [{}] }, 'Option hosts[0].carrier'],
  [{ hosts: [{ carrier }, { carrier }] }, 'Option hosts has "localhost" twice.'],
  [{ batch: 0 }, 'Option batch is 0'],
  [{ batch: '0%' }, 'Option batch is "0%"'],
  [{ batch: '101%' }, 'Option batch is "101%"'],
  [{ watchMs: -1 }, 'Option watchMs is -1'],
  [{ balancer: { drain: () => undefined } }, 'Option balancer has no method ready()'],
  [{ owner: '' }, 'Option owner'],
  [{ relase: 'x' }, 'Did you mean `release`?'],
])('rejects %j before any host is reached', async (options, message) => {
  const all = { hosts: [{ carrier }], release: 'missing.tar', ...options } as RollOutOptions;
  await expect(rollOut(all)).rejects.toMatchObject({
    code: 'ERR_DEPLOY_INVALID_OPTION',
    message: expect.stringContaining(message) as string,
  });
});

test('a rollback has no release and no watch', async () => {
  const options = { hosts: [{ carrier }], release: 'x' };
  await expect(rollBack(options)).rejects.toMatchObject({ code: 'ERR_DEPLOY_INVALID_OPTION' });
});
