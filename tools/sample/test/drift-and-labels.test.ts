import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { folderStore } from '@fairlead/registry';
import { readLoans, readTree, temporaryFolder, until } from '@fairlead/test-support';
import { openWindowStore } from '@fairlead/windows';
import { expect, onTestFinished, test } from 'vitest';
import { fairlead, SENTINEL, serveLoans, SLOT_MS } from './support/served-loans.ts';

const HOUR_MS = 3_600_000;
/** Rows of a request. */
const ROWS = 100;
/** Rows of a window. */
const SLOT_ROWS = 500;

interface DriftReport {
  readonly status: string;
  readonly features: readonly {
    readonly name: string;
    readonly status: string;
    readonly since: number;
  }[];
}

interface PerformanceReport {
  readonly total: {
    readonly basis: string;
    readonly rows: number;
    readonly labeled: number;
    readonly measured?: readonly { readonly name: string; readonly value: number }[];
  };
}

test('requests whose values shift are reported with the columns that shifted alone, and labels change the estimated performance into the measured one', async () => {
  const loans = await serveLoans(temporaryFolder());
  onTestFinished(() => loans.close());
  const { state } = loans;
  const analysis = readLoans('analysis');
  const labels = (analysis.repaid ?? []).map(Number);
  const scores: number[] = [];
  const requestIds: string[] = [];

  /** Sends rows, 500 in each window. */
  const send = async (first: number, last: number): Promise<void> => {
    for (let slot = first; slot < last; slot += SLOT_ROWS) {
      await sleep(SLOT_MS - (Date.now() % SLOT_MS));
      for (let row = slot; row < slot + SLOT_ROWS; row += ROWS) {
        const { status, headers, body } = await loans.infer(analysis, row, row + ROWS);
        expect([status, body.slice(0, 300)]).toEqual([200, expect.anything()]);
        const { outputs } = JSON.parse(body) as { outputs: { data: number[] }[] };
        scores.push(...(outputs[0]?.data ?? []));
        requestIds.push(String(headers['x-request-id']));
      }
    }
  };
  /** Waits until the windows of so many rows are stored. */
  const untilStored = async (rows: number): Promise<void> => {
    const store = await openWindowStore({ objects: folderStore(state.registry), rollUp: false });
    await until(async () => {
      const to = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS;
      const span = { from: to - 2 * HOUR_MS, to, unit: 'slot' } as const;
      await sleep(SLOT_MS / 5);
      const windows = await store.read({ model: 'loans', version: '1' }, span);
      return windows.reduce((sum, window) => sum + window.rows, 0) === rows;
    });
  };
  const report = async (...args: readonly string[]): Promise<unknown> => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...fairlead, ...args, '--json'],
      {
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
          FAIRLEAD_REGISTRY: state.registry,
          FAIRLEAD_CAPTURE_LOCATION: state.captures,
        },
      },
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };
  const drift = async (): Promise<DriftReport> =>
    (await report('drift', 'report', 'loans', '--since', '1h', '--unit', 'slot')) as DriftReport;
  const performance = async () =>
    ((await report('performance', 'report', 'loans')) as PerformanceReport).total;

  await send(0, 2500);
  await untilStored(2500);
  const before = await drift();
  expect(before.status).toBe('ok');
  expect(before.features.map(({ status }) => status)).toEqual(Array(8).fill('ok'));

  const shiftBegan = Date.now();
  await send(2500, 5000);
  await untilStored(5000);
  const { features } = await drift();
  const drifted = features.filter(({ status }) => status === 'drift');
  expect(drifted.map(({ name }) => name).sort()).toEqual([
    ...['car_value', 'loan_length', 'repaid_loan_on_prev_car', 'salary_range', 'y_pred_proba'],
  ]);
  for (const { since } of drifted) expect(since).toBeGreaterThan(shiftBegan - SLOT_MS);

  // The end of a process stores what it has captured; a larger rest is stored by the next one.
  await loans.restart();
  expect(await performance()).toMatchObject({ basis: 'estimated', rows: 5000, labeled: 0 });

  const posted = await loans.call('/v2/models/loans/labels', {
    labels: labels.map((label, row) => ({
      ...{ request_id: requestIds[Math.floor(row / ROWS)], row: row % ROWS, label },
    })),
  });
  expect([posted.status, posted.body]).toEqual([200, expect.stringContaining('5000')]);
  const { measured, ...total } = await until(async () => {
    const found = await performance();
    return found.labeled === 5000 && found;
  });
  expect(total).toMatchObject({ basis: 'measured', rows: 5000, labeled: 5000 });
  const values = new Map(measured?.map(({ name, value }) => [name, value]));
  const mean = (valueOf: (score: number, label: number) => number): number =>
    scores.reduce((sum, score, row) => sum + valueOf(score, labels[row] ?? NaN), 0) / scores.length;
  const accuracy = mean((score, label) => Number(score >= 0.5 === (label === 1)));
  expect(values.get('accuracy')).toBeCloseTo(accuracy, 12);
  expect(values.get('brier')).toBeCloseTo(
    mean((score, label) => (score - label) ** 2),
    12,
  );

  await loans.close();
  const holders = Object.entries(readTree(state.root)).filter(([, text]) =>
    text.includes(SENTINEL),
  );
  expect(holders.map(([path]) => path)).toEqual([]);
});
