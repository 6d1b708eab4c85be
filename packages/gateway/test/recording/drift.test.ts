import { folderStore, ModelRegistry } from '@fairlead/registry';
import { eventually, temporaryFolder, until } from '@fairlead/test-support';
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
import { noticeSecret, startReceiver } from '../support/notice-receiver.ts';
import { startGateway } from '../support/start-gateway.ts';

const HOUR_MS = 3_600_000;

/** A column of 1,000 numbers from `first` to `first + 49`. */
const column = (first: number): number[] =>
  Array.from({ length: 1000 }, (_, row) => first + (row % 50));

test('gateways of one registry judge finished hours once: the verdict is in the metrics of each, and the change in one log, the history and a notice', async () => {
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
  /** Adds an hour in which the values of the first feature begin with `first`. */
  const addHour = async (hour: number, first: number) => {
    const counts = (index: number, from: number) => {
      const { name, bins } = baseline.features[index] ?? { name: '', bins: undefined };
      if (bins === undefined) throw new Error('no bins');
      const counter = new BinCounter(bins);
      for (const value of column(from)) counter.addNumber(value);
      return { name, counts: counter.counts() };
    };
    await store.add({
      ...emptyWindow({ model: 'affine', version: '1' }, hour, hour + 300_000),
      ...{ baseline: baselineDigest(baseline), requests: 1000, rows: 1000 },
      sample: { rows: 1000, weight: 1000, squaredWeight: 1000 },
      features: [counts(0, first), counts(1, 20)],
    });
  };
  // Each is finished for longer than late windows may take.
  await addHour(now - 6 * HOUR_MS, 45);
  await addHour(now - 5 * HOUR_MS, 45);
  const receiver = await startReceiver();
  const variables = {
    FAIRLEAD_REGISTRY: folder,
    FAIRLEAD_STATE_FOLDER: temporaryFolder(),
    FAIRLEAD_DRIFT_INTERVAL_MS: '50',
    FAIRLEAD_NOTICE_WEBHOOKS: `http://${receiver.host}/hooks`,
    FAIRLEAD_NOTICE_SECRETS: noticeSecret,
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

  // A process that reported nothing finds the end, and sends its notice.
  await addHour(now - 4 * HOUR_MS, 20);
  await addHour(now - 3 * HOUR_MS, 20);
  await addHour(now - 2 * HOUR_MS, 20);
  const { gateway } = await startGateway(variables);
  await eventually(() => {
    expect(receiver.of('/hooks')).toHaveLength(2);
  });
  await gateway.close();
  const notices = receiver.of('/hooks').map((body) => {
    const { data } = JSON.parse(body) as { data: { key: string; status: string; summary: string } };
    return `${data.status} ${data.key}: ${data.summary.split(': ').at(-1)}`;
  });
  expect(notices).toEqual([
    'began drift/affine/version:1: x[0]',
    'ended drift/affine/version:1: x[0]',
  ]);
});
