import {
  DriftError,
  performanceHtml,
  performanceJson,
  performanceText,
  reportPerformance,
  type PerformanceData,
} from '@fairlead/drift';
import { expect, test } from 'vitest';

const title = { model: 'churn', version: 3 };
const none = { name: 'all', rows: 0, weight: 0, effectiveRows: 0, labeled: 0, effectiveLabeled: 0 };
const full = { ...none, rows: 1000, weight: 10_000, effectiveRows: 1000 };
const delays = { medianMs: 7_200_000, p90Ms: 90_000, maxMs: 172_800_000 };

/** A classifier with an accuracy of 0.9, and with 0.8. */
const [good, bad] = [0.9, 0.8].map((share) => ({
  classes: [
    {
      label: '1',
      truePositives: 500 * share,
      falsePositives: 500 * (1 - share),
      trueNegatives: 500 * share,
      falseNegatives: 500 * (1 - share),
      ...{ rocAuc: 0.95, rocAucDeviation: 0.1 },
    },
  ],
}));

const data = (labeled: number): PerformanceData => ({
  total: { ...full, labeled, effectiveLabeled: labeled, measured: bad, estimated: good },
  days: [
    { ...full, name: '2026-11-27', labeled: 1000, effectiveLabeled: 1000, measured: bad },
    { ...full, name: '2026-11-28', estimated: good },
    { ...full, name: '2026-11-29' },
  ],
  segments: [],
  delays,
  replacedLabels: 4,
  unknownLabels: 2,
  expected: { accuracy: 0.9 },
  calibratedBy: 'baseline',
});

test('a day with labels is measured, one with scores alone estimated, another unknown', () => {
  const { days, total } = reportPerformance(data(99));
  expect(days.map(({ basis }) => basis)).toEqual(['measured', 'estimated', 'unknown']);
  expect(total.basis).toBe('estimated');
  expect(total.measured?.[0]).toMatchObject({ name: 'accuracy', value: 0.8 });
});

test('enough labels turn an estimate into a measurement', () => {
  expect(reportPerformance(data(100)).total.basis).toBe('measured');
  expect(reportPerformance({ ...data(5), minLabels: 5 }).total.basis).toBe('measured');
});

test('a metric that is worse than expected by more than chance is an alert', () => {
  const { days, total } = reportPerformance(data(1000));
  expect(total.alerts).toEqual(['accuracy']);
  expect(days.map(({ alerts }) => alerts)).toEqual([['accuracy'], [], []]);
  // The standard error of 100 rows is 0.04.
  expect(reportPerformance(data(100)).total.alerts).toEqual([]);
});

test('errors of numbers are alerts when they are larger than expected', () => {
  const sums = {
    ...{ rows: 100, labels: 0, squaredLabels: 900 },
    ...{ absoluteErrors: 200, squaredErrors: 500, quarticErrors: 3000 },
  };
  const rows = { ...full, rows: 100, labeled: 100, effectiveLabeled: 100, measured: sums };
  const report = (mae: number) =>
    reportPerformance({ ...data(0), total: rows, days: [], expected: { mae } });
  expect(report(1).total.alerts).toEqual(['mae']);
  expect(report(1.9).total.alerts).toEqual([]);
  expect(report(1).total.measured?.map(({ name }) => name)).toEqual(['mae', 'rmse', 'r2']);
});

test('the text names what is measured and what is estimated', () => {
  const text = performanceText(reportPerformance(data(1000)), title);
  expect(text).toMatch(
    /^churn version 3: measured\n {2}accuracy +0\.8 +0\.76\d+ to 0\.83\d+ {2}worse than 0\.9\n/u,
  );
  expect(text).toContain('1000 rows, which stand for 10000; 1000 have a label (100 %)');
  expect(text).toContain(
    'known 2 h after the prediction (median; 90 % within 1.5 min, the last after 2 d)',
  );
  expect(text).toContain('4 labels were replaced by later ones.');
  expect(text).toContain('2 labels are neither a class nor a number');
  expect(text).toMatch(
    /under concept drift they are wrong.*fitted to the rows with labels of the baseline/u,
  );
  expect(text).toMatch(/^2026-11-27 +1000 +100 % +measured +0\.8 !/mu);
  expect(text).toMatch(/^2026-11-28 +1000 +0 % +estimated +0\.9 /mu);
  expect(text).toMatch(/^2026-11-29 +1000 +0 % +unknown$/mu);
});

test('JSON has both, and null for what is not defined', () => {
  const json = JSON.parse(performanceJson(reportPerformance(data(1000)), title)) as {
    readonly total: Readonly<Record<string, readonly unknown[]>>;
  };
  expect(json).toMatchObject({
    format: 'fairlead-performance-report',
    version: '3',
    minLabels: 100,
  });
  expect(json.total.estimated?.[0]).toMatchObject({ name: 'accuracy', value: 0.9 });
  const losses = { ...good, classes: good?.classes ?? [], logLoss: 0.3 };
  const total = { ...full, estimated: losses };
  const other = JSON.parse(
    performanceJson(reportPerformance({ ...data(0), total }), title),
  ) as typeof json;
  expect(other.total.estimated?.at(-1)).toMatchObject({ name: 'logLoss', value: 0.3, lower: null });
});

test('labels without a row of requests with several rows are reported with the fix', () => {
  const textOf = (requestsWithoutRow?: number) =>
    performanceText(reportPerformance({ ...data(1000), requestsWithoutRow }), title);
  expect(textOf(3)).toContain(
    "The labels of 3 requests don't count: these requests have several rows, and their labels name none. Send or import them with their rows.",
  );
  expect(textOf(0)).not.toContain('name none');
  expect(textOf()).not.toContain('name none');
});

test('names of segments are neither markup nor control characters', () => {
  const name = '<script>\u001b[31m';
  const segments = [{ ...full, name, estimated: good }];
  const report = reportPerformance({ ...data(0), segments, segmentedBy: name });
  const page = performanceHtml(report, title);
  expect(page).not.toContain('<script>');
  expect(page).toContain('<h1>Performance of churn version 3: estimated</h1>');
  expect(performanceText(report, title)).not.toContain('\u001b');
});

test('a page of many segments stays small', () => {
  const segments = Array.from({ length: 20_000 }, (_, at) => ({ ...full, name: `segment ${at}` }));
  const report = reportPerformance({ ...data(0), segments });
  expect(performanceHtml(report, title).length).toBeLessThan(200_000);
  expect(performanceText(report, title)).toContain('and 19600 more');
});

test.each([
  [() => reportPerformance({ ...data(0), minLabels: 0 }), /minLabels must be an integer from 1/],
  [() => performanceText({} as never, title), /must be a result of reportPerformance/],
  [() => performanceJson(reportPerformance(data(0)), {} as never), /model/],
])('%o is rejected with a message that says why', (call, message) => {
  expect(call).toThrow(message);
  expect(call).toThrow(DriftError);
});
