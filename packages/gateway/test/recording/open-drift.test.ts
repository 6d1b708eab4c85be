import { InferenceMetrics } from '@fairlead/monitoring';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { eventually, temporaryFolder } from '@fairlead/test-support';
import { baselineDigest, BinCounter, createBaseline } from '@fairlead/windows';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDrift } from '../../src/recording/open-drift.ts';
import { ServedVersions } from '../../src/recording/served-versions.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';

const HOUR_MS = 3_600_000;
const inputs = [{ name: 'age', datatype: 'INT32', shape: [-1] }] as const;
const ages = (from: number) => Array.from({ length: 1000 }, (_, row) => from + (row % 50));
const baseline = createBaseline({ age: ages(20) }, { signature: { inputs, outputs: [] } });
const settings = { drift: 'on', driftUnit: 'hour', driftIntervalMs: 5 } as const;

function hourOf(hoursAgo: number, firstAge: number) {
  const counter = new BinCounter(baseline.features[0]?.bins ?? { kind: 'values', values: [] });
  for (const age of ages(firstAge)) counter.addNumber(age);
  const from = (Math.floor(Date.now() / HOUR_MS) - hoursAgo) * HOUR_MS;
  return {
    ...{ from, to: from + HOUR_MS, baseline: baselineDigest(baseline) },
    features: [{ name: 'age', counts: counter.counts() }],
  };
}

/** Watches version 1 of churn, whose ages have drifted for two hours. */
function watch(registry: ModelRegistry, folder: string) {
  const served = [{ model: 'churn', version: '1' }];
  const models = { draining: false, loadedVersions: served.map((label) => ({ label })) };
  const versions = new ServedVersions(() => models, vi.fn());
  vi.spyOn(versions, 'baselineOf').mockReturnValue(baseline);
  const listener = { stored: vi.fn(), found: vi.fn(), gone: vi.fn() };
  const windows = { read: () => Promise.resolve([hourOf(4, 45), hourOf(3, 45)]) };
  const onError = vi.fn();
  const drift = openDrift(settings, {
    ...{ registry, versions, windows, listener, onError, onEvent: vi.fn() },
    objects: folderStore(folder),
    metrics: new InferenceMetrics(),
  });
  onTestFinished(() => drift?.close());
  return { drift, models, listener, onError };
}

test('a version that is not served any more is forgotten, and the listener hears of it once', async () => {
  const folder = temporaryFolder();
  const registry = await sampleRegistry(folder, onnxVersion('churn', 'affine'));
  const { drift, models, listener, onError } = watch(registry, folder);
  const drifted = () => drift?.numbers.map(({ read }) => read());
  await eventually(() => {
    expect(drifted()).toEqual([1]);
  });
  const [number] = drift?.numbers ?? [];
  expect([...(number?.readModels?.() ?? [])]).toEqual([['churn', 1]]);
  const checks = listener.found.mock.calls.length;
  await eventually(() => {
    expect(listener.found.mock.calls.length).toBeGreaterThan(checks + 3);
  });
  expect(listener.gone).not.toHaveBeenCalled();
  const [served] = models.loadedVersions.splice(0);
  await eventually(() => {
    expect(listener.gone.mock.calls).toEqual([[served?.label]]);
  });
  expect(drift?.verdictOf({ model: 'churn', version: '1' })).toBeUndefined();
  models.loadedVersions.push({ label: { model: 'churn', version: '1' } });
  await eventually(() => {
    expect(drifted()).toEqual([1]);
  });
  expect(listener.gone).toHaveBeenCalledTimes(1);
  expect(onError).not.toHaveBeenCalled();
});

test('versions that end with the gateway are not gone: a restart would end their notices', async () => {
  const folder = temporaryFolder();
  const registry = await sampleRegistry(folder, onnxVersion('churn', 'affine'));
  const { drift, models, listener } = watch(registry, folder);
  await eventually(() => {
    expect(drift?.verdictOf({ model: 'churn', version: '1' })).toBeDefined();
  });
  models.draining = true;
  models.loadedVersions = [];
  // Many times the interval of the checks.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(listener.gone).not.toHaveBeenCalled();
});

test('a verdict has its notice also where its change cannot be recorded', async () => {
  const folder = temporaryFolder();
  const { listener, onError } = watch(new ModelRegistry({ store: folderStore(folder) }), folder);
  await eventually(() => {
    expect(onError).toHaveBeenCalled();
  });
  const began = [{ name: 'age', role: 'feature' }];
  expect(listener.stored.mock.calls).toMatchObject([
    [{ status: 'insufficient data' }],
    [{ began }],
  ]);
});
