import { join } from 'node:path';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { compactCounts, CountsReader, readPlan, RolloutLog } from '@fairlead/rollout';
import { newBucket, temporaryFolder, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { startMotoLink } from '../support/moto-link.ts';
import { onnxVersion } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

const by = { actor: 'test' };
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

test('a rollout in S3 is promoted, and hours later its counts are one object', async () => {
  const { client } = await startMotoLink();
  const location = `s3://${await newBucket(client)}/prod`;
  const store = await openStore(location);
  const registry = new ModelRegistry({ store });
  await registry.push(onnxVersion('affine', 'affine'));
  await registry.push(onnxVersion('affine', 'affine-next'));
  await registry.setAlias('affine', 'champion', 1, by);
  const gateway = await startGateway({
    FAIRLEAD_REGISTRY: location,
    FAIRLEAD_REGISTRY_CACHE: join(temporaryFolder(), 'cache'),
    FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id',
    FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS: '300',
  });
  const log = new RolloutLog({ objects: store, model: 'affine' });
  const plan = readPlan({
    ...{ baseline: '1', candidate: '2' },
    steps: [{ share: 0.5, minMinutes: 0.01, minRequests: 400 }],
    guardrails: { failures: { tolerated: 0.05 } },
  });
  await log.start(plan, { ...by, reason: 'a test' });

  const send = async (users: number): Promise<void> => {
    for (let user = 0; user < users; user += 1) {
      const headers = { 'x-user-id': `user-${user}` };
      const { status } = await gateway.call('/v2/models/affine/infer', {
        body,
        headers,
      });
      expect(status).toBe(200);
    }
  };
  await until(async () => {
    // Enough users without a failure to show less than 5 %.
    await send(600);
    return (await log.latest())?.status === 'ended';
  });
  const state = await log.latest();
  expect(state).toMatchObject({ result: 'promoted' });
  expect((await registry.resolve('affine', 'champion')).version).toBe(2);

  // Hours later all counts are one object, of the same sums.
  const later = Date.now() + 4 * 3_600_000;
  const read = async () => {
    const counts = await new CountsReader(store, state ?? { model: '', number: 0 }, fail).read(
      later,
    );
    return counts.map(({ step, variants }) =>
      [step, ...[...variants].map(([name, { requests }]) => `${name} ${requests}`).sort()].join(
        ', ',
      ),
    );
  };
  await gateway.gateway.close();
  const counted = await read();
  expect(counted).toEqual([expect.stringMatching(/^0, baseline [1-9]\d+, candidate [1-9]\d+$/)]);
  if (state !== undefined) await compactCounts({ objects: store, state, now: later });
  expect(await store.list('rollouts/affine/0001/counts')).toEqual([
    { name: '00.json', kind: 'object' },
  ]);
  expect(await read()).toEqual(counted);
});

function fail(error: unknown): never {
  throw error;
}
