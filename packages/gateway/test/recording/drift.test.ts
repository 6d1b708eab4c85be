import { folderStore, ModelRegistry } from '@fairlead/registry';
import { temporaryFolder, until } from '@fairlead/test-support';
import {
  baselineDigest,
  baselineDocument,
  BinCounter,
  createBaseline,
  emptyWindow,
  openWindowStore,
} from '@fairlead/windows';
import { expect, test } from 'vitest';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway } from '../support/start-gateway.ts';

const HOUR_MS = 3_600_000;

/** A column of 1,000 numbers from `first` to `first + 49`. */
const column = (first: number): number[] =>
  Array.from({ length: 1000 }, (_, row) => first + (row % 50));

test('gateways of one registry judge finished hours once: the verdict is in the metrics of each, and the change in one log and the history', async () => {
  const folder = temporaryFolder();
  const version = onnxVersion('affine', 'affine');
  const baseline = createBaseline(
    { 'x[0]': column(20), 'x[1]': column(20), 'y[0]': column(20), 'y[1]': column(20) },
    { signature: version.signature },
  );
  await sampleRegistry(folder, {
    ...version,
    baseline: baselineDocument(baseline),
  });
  const store = await openWindowStore({ objects: folderStore(folder) });
  const now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  // Two hours in which the first feature has other values; both are finished for longer than late windows may take.
  for (const hour of [now - 3 * HOUR_MS, now - 2 * HOUR_MS]) {
    const counts = (index: number, first: number) => {
      const { name, bins } = baseline.features[index] ?? { name: '', bins: undefined };
      if (bins === undefined) throw new Error('no bins');
      const counter = new BinCounter(bins);
      for (const value of column(first)) counter.addNumber(value);
      return { name, counts: counter.counts() };
    };
    await store.add({
      ...emptyWindow({ model: 'affine', version: '1' }, hour, hour + 300_000),
      ...{ baseline: baselineDigest(baseline), requests: 1000, rows: 1000 },
      sample: { rows: 1000, weight: 1000, squaredWeight: 1000 },
      features: [counts(0, 45), counts(1, 20)],
    });
  }
  const variables = {
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_STATE_FOLDER: temporaryFolder(),
    FAIRLEAD_DRIFT_INTERVAL_MS: '50',
  };
  const gateways = [await startGateway(variables), await startGateway(variables)];
  const labels = 'model="affine",version="1"';
  for (const { call } of gateways) {
    const page = await until(async () => {
      const { body } = await call('/metrics');
      return body.includes(`fairlead_drift_features{${labels},status="drift"} 1\n`) && body;
    });
    expect(page).toContain(`fairlead_feature_drift{${labels},feature="x[0]",role="feature"} 1\n`);
    expect(page).not.toContain('feature="x[1]"');
  }
  for (const { gateway } of gateways) await gateway.close();
  const events = gateways
    .flatMap(({ logs }) => logs.map((line) => JSON.parse(line) as Record<string, unknown>))
    .filter(({ msg }) => msg === 'drift-began');
  expect(events).toMatchObject([{ model: 'affine', version: '1', features: ['x[0]'] }]);
  const history = await new ModelRegistry({ store: folderStore(folder) }).model('affine').events();
  const recorded = history.filter(({ type }) => type === 'drift-began');
  expect(recorded).toMatchObject([{ version: 1, actor: 'fairlead-gateway' }]);
});
