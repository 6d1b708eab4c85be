import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature, Tensor } from '@fairlead/signature';
import { type Loans, readLoans } from '@fairlead/test-support';

const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { baselineDocument, createBaseline } = await import('@fairlead/windows');
const { captureFolder, LabelStore, openCapture } = await import('@fairlead/capture');
const { parquetSink } = await import('@fairlead/capture/parquet');

export const DAY_MS = 86_400_000;
/** Rows of a day. */
const ROWS = 500;
/** First of the ten days. */
export const FIRST_DAY = Date.parse('2026-11-01');

const column = (name: string, datatype: 'FP64' | 'INT64' | 'BYTES') =>
  ({ name, datatype, shape: [-1] }) as const;

const signature: Signature = {
  inputs: [
    column('car_value', 'FP64'),
    column('salary_range', 'BYTES'),
    { ...column('customer', 'BYTES'), sensitive: true },
  ],
  outputs: [column('y_pred_proba', 'FP64'), column('y_pred', 'INT64')],
};

/** Creates a registry with the model `loans`: its baseline has the calibration of the reference. */
export async function pushCalibratedLoans(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const registry = new ModelRegistry({ store: folderStore(folder) });
  const reference = readLoans('reference');
  const columns = {
    car_value: (reference.car_value ?? []).map(Number),
    salary_range: reference.salary_range ?? [],
    customer: (reference.car_value ?? []).map(() => 'x'),
    y_pred_proba: (reference.y_pred_proba ?? []).map(Number),
    y_pred: (reference.y_pred ?? []).map(Number),
    repaid: (reference.repaid ?? []).map(Number),
  };
  const baseline = createBaseline(columns, { signature, label: 'repaid', scores: 'y_pred_proba' });
  await registry.push({
    ...{ model: 'loans', runtime: { name: 'onnx' }, signature, actor: 'ada' },
    files: { 'model.onnx': Buffer.from('weights') },
    baseline: baselineDocument(baseline),
  });
  await registry.setAlias('loans', 'champion', 1, { actor: 'ada' });
}

/** Id of the request with a row. */
const requestOf = (row: number): string => `request-${Math.floor(row / 100)}`;

/** Captures the rows of a table as requests of 100 rows, 500 rows each day. */
export async function captureLoans(folder: string, table: Loans): Promise<void> {
  const recorder = await openCapture({
    spoolFolder: join(folder, 'spool'),
    sink: parquetSink({ objects: captureFolder(join(folder, 'captures')) }),
    signatureOf: () => signature,
    share: 1,
    closeTimeoutMs: 300_000,
    onError: (error) => {
      throw error;
    },
  });
  const rows = table.y_pred?.length ?? 0;
  for (let row = 0; row < rows; row += 100) {
    const values = (name: string) => (table[name] ?? []).slice(row, row + 100);
    const text = (name: string, list: readonly string[]): Tensor => ({
      ...{ name, datatype: 'BYTES', shape: [100] },
      data: list.map((value) => Buffer.from(value)),
    });
    const numbers = (name: string): Tensor => ({
      ...{ name, datatype: 'FP64', shape: [100] },
      data: Float64Array.from(values(name).map(Number)),
    });
    recorder.record({
      label: { model: 'loans', version: '1' },
      requestId: requestOf(row),
      at: FIRST_DAY + Math.floor(row / ROWS) * DAY_MS + (row % ROWS),
      durationMs: 1,
      inputs: [
        numbers('car_value'),
        text('salary_range', values('salary_range')),
        text('customer', Array<string>(100).fill('sentinel-4f1c')),
      ],
      outputs: [
        numbers('y_pred_proba'),
        {
          ...{ name: 'y_pred', datatype: 'INT64', shape: [100] },
          data: BigInt64Array.from(values('y_pred').map(BigInt)),
        },
      ],
    });
  }
  await recorder.close();
}

/** Adds labels for rows, two days after their requests. */
export async function labelLoans(
  folder: string,
  table: Loans,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const received = FIRST_DAY + Math.floor((to - 1) / ROWS) * DAY_MS + 2 * DAY_MS;
  const store = new LabelStore({
    objects: captureFolder(join(folder, 'captures')),
    batchMs: 0,
    now: () => received,
  });
  const labels = (table.repaid ?? []).slice(from, to).map((label, index) => ({
    requestId: requestOf(from + index),
    row: (from + index) % 100,
    label: Number(label),
  }));
  await store.add('loans', labels);
}
