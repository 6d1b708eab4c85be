import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signature } from '@fairlead/signature';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLoans } from '@fairlead/test-support';
import {
  captureLoans,
  DAY_MS,
  FIRST_DAY,
  labelLoans,
  pushCalibratedLoans,
} from '../support/captured-loans.ts';
import { type Place, run } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { captureFolder, LabelStore, openCapture } = await import('@fairlead/capture');
const { parquetSink } = await import('@fairlead/capture/parquet');
const { folderStore, ModelRegistry } = await import('@fairlead/registry');

const env = { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_CAPTURE_LOCATION: './captures' };
let place: Place;

beforeAll(async () => {
  place = { folder: mkdtempSync(join(tmpdir(), 'fairlead-labels-')), env };
  await pushCalibratedLoans(join(place.folder, 'registry'));
  await captureLoans(place.folder, readLoans('analysis'));
});

afterAll(() => {
  rmSync(place.folder, { recursive: true });
});

interface Metric {
  readonly name: string;
  readonly value: number;
}

interface Report {
  readonly total: { readonly measured?: readonly Metric[] };
  readonly days: readonly {
    readonly name: string;
    readonly basis: string;
    readonly measured?: readonly Metric[];
    readonly estimated?: readonly Metric[];
  }[];
  readonly expected: Readonly<Record<string, number>>;
}

async function report(from: Place, ...args: readonly string[]): Promise<Report> {
  const { exitCode, stdout, stderr } = await run(
    from,
    ...[
      'performance',
      'report',
      ...args,
      '--json',
      '--since',
      '2026-11-01',
      '--until',
      '2026-12-01',
    ],
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

type Golden = Readonly<Record<string, Readonly<Record<'value' | 'realized', readonly number[]>>>>;

const file = new URL('../../../drift/test/goldens/car-loan/nannyml-cbpe.json', import.meta.url);
const golden = (JSON.parse(readFileSync(file, 'utf8')) as { default: { metrics: Golden } }).default
  .metrics;

/** Metrics of NannyML for a day of 500 rows, after ten chunks of the reference. */
function metricsOf(day: number, kind: 'value' | 'realized'): readonly unknown[] {
  const names = { accuracy: 'accuracy', precision: 'precision', recall: 'recall' } as const;
  const all = { ...names, specificity: 'specificity', f1: 'f1', rocAuc: 'roc_auc' } as const;
  return Object.entries(all).map(([name, key]): unknown =>
    expect.objectContaining({
      name,
      value: expect.closeTo(golden[key]?.[kind][10 + day] ?? NaN, 6) as number,
    }),
  );
}

test('predictions are those of the output with the label, estimated and measured as by NannyML', async () => {
  const before = await report(place, 'loans');
  expect(before.days).toHaveLength(10);
  for (const [day, { name, basis, estimated }] of before.days.entries()) {
    expect(name).toBe(new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10));
    expect(basis).toBe('estimated');
    expect(estimated).toEqual(expect.arrayContaining([...metricsOf(day, 'value')]));
  }
  // The model predicts its class from a score of about 0.6, not from 0.5.
  expect(before.expected.accuracy).toBeCloseTo(0.9462, 4);
  await labelLoans(place.folder, readLoans('analysis'), { from: 0, to: 5000 });
  const after = await report(place, 'loans');
  for (const [day, { basis, measured }] of after.days.entries()) {
    expect(basis).toBe('measured');
    expect(measured).toEqual(expect.arrayContaining([...metricsOf(day, 'realized')]));
  }
});

/** Captures four rows of a classifier with the scores of two classes and adds their labels. */
async function twoScores(names: readonly [string, string]): Promise<Place> {
  const features = names.map((name) => ({ name }));
  const signature: Signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
    outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 2], features }],
  };
  const folder = temporaryFolder();
  const store = folderStore(join(folder, 'registry'), { create: true });
  await new ModelRegistry({ store }).push({
    ...{ model: 'm', runtime: { name: 'onnx' }, signature, actor: 'ada' },
    files: { 'model.onnx': Buffer.from('weights') },
  });
  const objects = captureFolder(join(folder, 'captures'));
  const recorder = await openCapture({
    spoolFolder: join(folder, 'spool'),
    sink: parquetSink({ objects }),
    ...{ signatureOf: () => signature, share: 1, closeTimeoutMs: 300_000 },
  });
  recorder.record({
    ...{ label: { model: 'm', version: '1' }, requestId: 'a', at: FIRST_DAY, durationMs: 1 },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [4], data: Float32Array.of(1, 2, 3, 4) }],
    outputs: [
      {
        ...{ name: 'scores', datatype: 'FP32', shape: [4, 2] },
        data: Float32Array.of(0.25, 0.75, 0.75, 0.25, 0.5, 0.5, 1, 0),
      },
    ],
  });
  await recorder.close();
  const labels = [1, 1, 0, 0].map((place, row) => ({
    ...{ requestId: 'a', row, label: names[place] ?? '' },
  }));
  await new LabelStore({ objects, batchMs: 0 }).add('m', labels);
  return { folder, env };
}

test.each([
  [['no', 'yes'], [], { precision: 0.5, recall: 0.5, specificity: 0.5, brier: 0.21875 }],
  [['0', '1'], [], { precision: 0.5, recall: 0.5, specificity: 0.5, brier: 0.21875 }],
  // The score of 0.5 is a positive prediction.
  [
    ['no', 'yes'],
    ['--positive', 'no'],
    { precision: 2 / 3, recall: 1, specificity: 0.5, brier: 0.21875 },
  ],
] as const)(
  'of two scores %j with %j the metrics are those of the positive class',
  async (names, args, expected) => {
    const { total } = await report(await twoScores(names), 'm@1', ...args);
    const found = Object.fromEntries(
      (total.measured ?? []).map(({ name, value }) => [name, value]),
    );
    expect(found).toMatchObject({
      ...expected,
      precision: expect.closeTo(expected.precision, 12) as number,
      rocAuc: 0.75,
    });
  },
);

test('a positive class that is none is rejected with the classes', async () => {
  const { exitCode, stderr } = await run(
    await twoScores(['no', 'yes']),
    ...['performance', 'report', 'm@1', '--positive', 'maybe'],
  );
  expect(exitCode).toBe(2);
  expect(stderr).toContain('"maybe" is no class; --positive is one of no, yes');
});
