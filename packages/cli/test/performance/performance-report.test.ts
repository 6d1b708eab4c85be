import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLoans, readTree } from '@fairlead/test-support';
import type { Signature } from '@fairlead/signature';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Place, run } from '../support/fairlead.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

const { captureFolder, LabelStore, openCapture } = await import('@fairlead/capture');
const { parquetSink } = await import('@fairlead/capture/parquet');
const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { baselineDocument, createBaseline, decodeBaseline, openWindowStore, WindowRecorder } =
  await import('@fairlead/windows');

const SENTINEL = 'customer-8c1f0d';
const DAY_MS = 86_400_000;
const ROWS = 500;

const signature: Signature = {
  inputs: [
    { name: 'salary_range', datatype: 'BYTES', shape: [-1] },
    { name: 'customer', datatype: 'BYTES', shape: [-1], sensitive: true },
  ],
  outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
};

const analysis = readLoans('analysis');
const scores = (analysis.y_pred_proba ?? []).map(Number);
const labels = (analysis.repaid ?? []).map((label) => Number(label) === 1);
/** Accuracy of the rows from `first`. */
const accuracy = (first: number): number =>
  scores.slice(first, first + ROWS).filter((score, row) => score >= 0.5 === labels[first + row])
    .length / ROWS;

let today = 0;
let place: Place;

/** Captures rows of one day in requests of 50. */
async function capture(
  folder: string,
  first: number,
  end: number,
  day: number,
  version = '1',
): Promise<void> {
  const recorder = await openCapture({
    spoolFolder: join(folder, 'state'),
    sink: parquetSink({ objects: captureFolder(join(folder, 'captured')) }),
    signatureOf: () => signature,
    share: 1,
    closeTimeoutMs: 300_000,
  });
  for (let row = first; row < end; row += 50) {
    const texts = (values: readonly string[]) => values.map((value) => Buffer.from(value));
    const salaries = (analysis.salary_range ?? []).slice(row, row + 50);
    recorder.record({
      label: { model: 'loans', version },
      ...{ requestId: `r${row}`, at: day + row, durationMs: 1 },
      inputs: [
        { name: 'salary_range', datatype: 'BYTES', shape: [50], data: texts(salaries) },
        {
          ...{ name: 'customer', datatype: 'BYTES', shape: [50] },
          data: texts(salaries.map(() => SENTINEL)),
        },
      ],
      outputs: [
        {
          ...{ name: 'score', datatype: 'FP64', shape: [50] },
          data: Float64Array.from(scores.slice(row, row + 50)),
        },
      ],
    });
  }
  await recorder.close();
}

/** Labels of 500 rows, one hour after the day began. */
function labelsOf(first: number, day: number, isRight = true) {
  return Array.from({ length: ROWS }, (_, row) => ({
    requestId: `r${first + row - (row % 50)}`,
    row: row % 50,
    label: labels[first + row] === isRight,
    observedAt: day + 3_600_000,
  }));
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-performance-'));
  today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  mkdirSync(join(folder, 'registry'));
  const store = folderStore(join(folder, 'registry'));
  const registry = new ModelRegistry({ store });
  const reference = readLoans('reference');
  const table = {
    salary_range: reference.salary_range ?? [],
    score: (reference.y_pred_proba ?? []).map(Number),
    repaid: reference.repaid ?? [],
  };
  for (const baseline of [true, false]) {
    await registry.push({
      ...{ model: 'loans', runtime: { name: 'onnx' }, signature, actor: 'ada' },
      files: { 'model.onnx': Buffer.from(`weights ${String(baseline)}`) },
      ...(baseline && {
        baseline: baselineDocument(
          createBaseline(table, { signature, label: 'repaid', scores: 'score' }),
        ),
      }),
    });
  }
  await registry.setAlias('loans', 'champion', 1, { actor: 'ada' });
  // Two days ago as in the training, yesterday after the shift.
  await capture(folder, 0, ROWS, today - 2 * DAY_MS);
  await capture(folder, 3000, 4500, today - DAY_MS);
  place = {
    folder,
    env: { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_CAPTURE_LOCATION: './captured' },
  };
});

afterAll(() => {
  rmSync(place.folder, { recursive: true });
});

interface Group {
  readonly name: string;
  readonly basis: string;
  readonly labeled: number;
  readonly alerts: readonly string[];
  readonly measured?: readonly { readonly name: string; readonly value: number }[];
  readonly estimated?: readonly { readonly name: string; readonly value: number }[];
}

interface Report {
  readonly total: Group;
  readonly days: readonly Group[];
  readonly segments: readonly Group[];
  readonly replacedLabels: number;
  readonly requestsWithoutRow: number;
  readonly delays: { readonly maxMs: number };
}

async function report(...args: readonly string[]): Promise<Report> {
  const { exitCode, stdout, stderr } = await run(
    place,
    ...[
      'performance',
      'report',
      ...(args[0]?.startsWith('loans') === true ? [] : ['loans']),
      '--json',
      ...args,
    ],
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

const valueOf = (metrics: Group['measured'], name = 'accuracy'): number =>
  metrics?.find((metric) => metric.name === name)?.value ?? NaN;

test('days are estimated without labels, and measured when these arrive; the last label of a row counts', async () => {
  const before = await report();
  expect(before.days.map(({ basis }) => basis)).toEqual(['estimated', 'estimated']);
  // As NannyML estimates the first chunk of the analysis; predictions by a threshold differ a little.
  expect(Math.abs(valueOf(before.days[0]?.estimated) - accuracy(0))).toBeLessThan(0.03);
  expect(before.days[1]?.alerts).toContain('accuracy');
  const objects = captureFolder(join(place.folder, 'captured'));
  const store = new LabelStore({ objects, batchMs: 0 });
  const day = today - 2 * DAY_MS;
  await store.add('loans', labelsOf(0, day, false));
  await store.add(
    'loans',
    labelsOf(0, day).map((label) => ({ ...label, observedAt: label.observedAt + 3_600_000 })),
  );
  // Older ones that arrive later don't count.
  await store.add('loans', labelsOf(0, day, false).slice(0, 10));
  // Which of the 50 rows this one is of isn't known.
  await store.add('loans', [{ requestId: 'r3000', label: true }]);
  const after = await report('--by', 'salary_range');
  expect([before.requestsWithoutRow, after.requestsWithoutRow]).toEqual([0, 1]);
  expect(after.days.map(({ basis, labeled }) => [basis, labeled])).toEqual([
    ['measured', ROWS],
    ['estimated', 0],
  ]);
  expect(valueOf(after.days[0]?.measured)).toBeCloseTo(accuracy(0), 12);
  expect(after.replacedLabels).toBe(ROWS + 10);
  expect(after.delays.maxMs).toBe(7_200_000);
  const salaries = analysis.salary_range ?? [];
  const names = new Set([...salaries.slice(0, ROWS), ...salaries.slice(3000, 4500)]);
  expect(after.segments.map(({ name }) => name)).toEqual([...names].sort());
});

test('the text names the days, the page has no script, and neither has a sensitive value', async () => {
  const text = await run(place, 'performance', 'report', 'loans@1');
  expect(text.stdout).toMatch(/^loans version 1: measured\n {2}accuracy /u);
  expect(text.stdout).toMatch(/^\d{4}-\d\d-\d\d +1500 +0 % +estimated/mu);
  expect(text.stdout).toContain('under concept drift they are wrong');
  const page = await run(
    place,
    ...['performance', 'report', 'loans', '--format', 'html', '--out', 'performance.html'],
  );
  expect(page).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  const html = readFileSync(join(place.folder, 'performance.html'), 'utf8');
  expect(html).toContain('<h1>Performance of loans version 1: measured</h1>');
  expect(Object.values(readTree(place.folder)).some((file) => file.includes(SENTINEL))).toBe(false);
});

test('a version without a baseline is measured by its only output: a number, or the score of a class', async () => {
  await capture(place.folder, 0, ROWS, today - 2 * DAY_MS, '2');
  const numbers = await report('loans@2');
  expect(numbers.total.labeled).toBe(0);
  expect(numbers.total.basis).toBe('unknown');
  const scored = await report('loans@2', '--positive', 'true');
  expect(scored.total.basis).toBe('measured');
  expect(valueOf(scored.total.measured)).toBeCloseTo(accuracy(0), 12);
});

test('without captured requests, all requests are estimated by the scores that windows count', async () => {
  const store = folderStore(join(place.folder, 'registry'));
  const { manifest } = await new ModelRegistry({ store }).openVersion('loans', 1);
  const baseline = decodeBaseline(manifest.baseline);
  const windows = await openWindowStore({ objects: store, rollUp: false });
  const day = today - DAY_MS;
  const options = { store: windows, baselineOf: () => baseline, now: () => day + 1000 };
  const recorder = new WindowRecorder(options);
  const data = Float64Array.from(scores.slice(3000, 4500));
  const outputs = [{ name: 'score', datatype: 'FP64', shape: [1500], data } as const];
  recorder.record({ label: { model: 'loans', version: '1' }, inputs: [], outputs });
  await recorder.close();
  await windows.close();
  const without = { ...place, env: { FAIRLEAD_REGISTRY: './registry' } };
  const { stdout, stderr } = await run(without, ...['performance', 'report', 'loans', '--json']);
  expect(stderr).toBe('');
  const found = JSON.parse(stdout) as Report;
  const captured = await report();
  expect(found.days.map(({ name, basis }) => [name, basis])).toEqual([
    [captured.days[1]?.name, 'estimated'],
  ]);
  for (const { name, value } of captured.days[1]?.estimated ?? []) {
    expect(Math.abs(valueOf(found.total.estimated, name) - value), name).toBeLessThan(0.01);
  }
  const several = await run(without, 'performance', 'report', 'loans@2');
  expect(several).toMatchObject({ exitCode: 1 });
  expect(several.stderr).toContain('takes a baseline with the scores and labels');
  const segments = await run(without, 'performance', 'report', 'loans', '--by', 'salary_range');
  expect(segments).toMatchObject({ exitCode: 2 });
});

test('a metric that is worse than expected ends with exit code 1', async () => {
  const { exitCode, stderr } = await run(
    place,
    ...['performance', 'report', 'loans', '--fail-on-alert'],
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/version 1 of loans is worse than expected: .*accuracy/u);
});

test('a metric that is worse than expected is a notice, without values of requests', async () => {
  const { bodies, url } = await startReceiver();
  const hooks = { FAIRLEAD_NOTICE_SLACK_WEBHOOKS: `${url}/hook` };
  const notified = await run(
    { ...place, env: { ...place.env, ...hooks } },
    ...['performance', 'report', 'loans', '--by', 'salary_range', '--notify'],
  );
  expect(notified).toMatchObject({ exitCode: 0, stderr: '' });
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatch(/Began: loans: version 1 is worse than expected \(.*accuracy/u);
  expect(bodies[0]).not.toContain('20K');
  const calm = await run(
    { ...place, env: { ...place.env, ...hooks } },
    ...['performance', 'report', 'loans', '--notify'],
    ...['--until', `${new Date(today - DAY_MS).toISOString().slice(0, 16)}Z`],
  );
  expect(calm).toMatchObject({ exitCode: 0, stderr: '' });
  expect(bodies).toHaveLength(1);
});

test.each<[readonly string[], number, string]>([
  [['loans@2', '--until', '3d'], 1, 'no captured requests of loans version 2'],
  [['loans', '--since', '2020-01-01', '--until', '2020-01-02'], 1, 'no captured requests'],
  [['loans', '--by', 'customer'], 2, '"customer" isn\'t captured: use one of input_salary_range'],
  [['loans', '--output', 'label'], 2, '"label" isn\'t captured; captured outputs: score'],
  [['loans', '--since', '1h', '--until', '30d'], 2, '--since must be before --until'],
  [['loans', '--threshold', 'high'], 2, 'Expected a number'],
  [['loans', '--captures', ''], 2, 'the argument after "--captures" is empty'],
  [['other'], 4, 'other'],
])('performance report %j ends with exit code %d', async (args, code, message) => {
  const { exitCode, stderr } = await run(place, 'performance', 'report', ...args);
  expect({ exitCode, stderr }).toEqual({
    exitCode: code,
    stderr: expect.stringContaining(message) as string,
  });
});
