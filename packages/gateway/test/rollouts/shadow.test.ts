import { httpCall, until } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { onnxVersion } from '../support/sample-registry.ts';
import { startVersionsUpstream } from '../support/versions-upstream.ts';
import { startFleet, startLoad } from './start-fleet.ts';

test('a shadow at saturation gets no copies, and every request of a client is answered', async ({
  annotate,
}) => {
  const slow = onnxVersion('affine', 'slow');
  const { fleet, begin } = await startFleet({
    baseline: slow,
    candidate: slow,
    variables: { FAIRLEAD_ONNX_WORKERS: '1', FAIRLEAD_ONNX_THREADS: '1' },
  });
  const [gateway] = fleet;
  const body = { inputs: [{ name: 'times', datatype: 'INT64', shape: [1], data: [200] }] };
  const infer = () =>
    httpCall(gateway?.address ?? { port: 0 }, '/v2/models/affine/infer', { body });
  /** Requests that the shadow has computed. */
  const copies = async (): Promise<number> => {
    const { body: page } = (await gateway?.call('/metrics')) ?? {};
    const line = /^nv_inference_request_success\{model="affine",version="2"\} (\d+)$/m;
    return Number(line.exec(page ?? '')?.[1] ?? 0);
  };
  await begin({ kind: 'shadow', unit: 'request', steps: [{ share: 1 }] });
  // While nothing waits, each request is copied.
  await until(async () => {
    await infer();
    return (await copies()) > 2;
  });
  const before = await copies();
  const [clients, each] = [16, 12];
  const statuses: number[] = [];
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let i = 0; i < each; i += 1) statuses.push((await infer()).status);
    }),
  );
  const during = (await copies()) - before;
  expect(statuses).toEqual(Array.from({ length: clients * each }, () => 200));
  await annotate(`${during} copies of ${clients * each} requests`);
  // At the end fewer clients than at saturation are left.
  expect(during).toBeLessThan(clients);
  await until(async () => {
    await infer();
    return (await copies()) > before + during;
  });
});

test('a shadow that crashes is seen by no client, and ends the rollout', async () => {
  const upstream = await startVersionsUpstream();
  const { fleet, begin, ended, registry } = await startFleet({
    gateways: 3,
    baseline: upstream.version('first'),
    candidate: upstream.version('second'),
    variables: { FAIRLEAD_FLASK_ADDRESS: upstream.address },
  });
  const load = startLoad(fleet, 60, (user) => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [user % 10] }],
  }));
  await begin({ kind: 'shadow', steps: [{ share: 0.5, minMinutes: 60 }] });
  await until(() => load.responses.filter(({ variant }) => variant !== undefined).length > 50);
  upstream.of('second').isCrashed = true;
  const state = await ended();
  await load.stop();
  expect(state.result).toBe('rolled back');
  expect(state.entries.at(-1)?.reason).toMatch(/^failures: /);
  expect(load.failures).toEqual([]);
  const seen = load.responses.filter(
    ({ status, version, fallback }) => status !== 200 || version !== '1' || fallback !== undefined,
  );
  expect(seen).toEqual([]);
  expect((await registry.resolve('affine', 'champion')).version).toBe(1);
});
