import { mkdirSync } from 'node:fs';
import type { ObjectStore } from '@fairlead/registry';
import type { Signature, Tensor } from '@fairlead/signature';
import { type Loans, readLoans } from '@fairlead/test-support';

const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { baselineDocument, createBaseline, openWindowStore, WindowRecorder } =
  await import('@fairlead/windows');

/** Columns that shift, as features and outputs of the model. */
export const shifted = [
  ...['car_value', 'loan_length', 'repaid_loan_on_prev_car', 'salary_range', 'y_pred_proba'],
] as const;

const numbers = ['car_value', 'debt_to_income_ratio', 'driver_tenure', 'loan_length'];
const texts = ['repaid_loan_on_prev_car', 'salary_range', 'size_of_downpayment'];
/** Features of the table. */
export const FEATURES: readonly string[] = [...numbers, ...texts];

export const OUTPUT = 'y_pred_proba';

/** Signature of the model: one feature is sensitive. */
export const signature: Signature = {
  inputs: [
    ...numbers.map((name) => ({ name, datatype: 'FP64', shape: [-1] }) as const),
    ...texts.map((name) => ({ name, datatype: 'BYTES', shape: [-1] }) as const),
    { name: 'customer', datatype: 'BYTES', shape: [-1], sensitive: true },
  ],
  outputs: [{ name: OUTPUT, datatype: 'FP64', shape: [-1] }],
};

/** A text of the sensitive feature, which must be stored nowhere. */
export const SENTINEL = 'customer-8c1f0d';

export const HOUR_MS = 3_600_000;

/** Creates a registry with the version 1 of the model `loans`, its champion, and the reference as its baseline. */
export async function pushLoans(folder: string): Promise<ObjectStore> {
  mkdirSync(folder, { recursive: true });
  const store = folderStore(folder);
  const registry = new ModelRegistry({ store });
  const reference = readLoans('reference');
  const columns: Record<string, readonly (string | number)[]> = {
    customer: (reference.car_value ?? []).map(() => SENTINEL),
  };
  for (const name of [...numbers, OUTPUT]) columns[name] = (reference[name] ?? []).map(Number);
  for (const name of texts) columns[name] = reference[name] ?? [];
  await registry.push({
    model: 'loans',
    runtime: { name: 'onnx' },
    signature,
    files: { 'model.onnx': Buffer.from('weights') },
    baseline: baselineDocument(createBaseline(columns, { signature })),
    actor: 'ada',
  });
  await registry.setAlias('loans', 'champion', 1, { actor: 'ada' });
  return store;
}

/** Begin of the last hour that a watch judges now. */
export function lastHour(): number {
  return Math.floor((Date.now() - 600_000) / HOUR_MS) * HOUR_MS - HOUR_MS;
}

/** Inputs of a request with the rows from `first` until before `last`. */
export function inputsOf(table: Loans, first: number, last: number): readonly Tensor[] {
  const rows = last - first;
  const text = (name: string, values: readonly string[]): Tensor => ({
    ...{ name, datatype: 'BYTES', shape: [rows] },
    data: values.map((value) => Buffer.from(value)),
  });
  return [
    ...numbers.map((name) => numberColumn(table, name, first, last)),
    ...texts.map((name) => text(name, (table[name] ?? []).slice(first, last))),
    text('customer', Array<string>(rows).fill(SENTINEL)),
  ];
}

/** Outputs of the same request. */
export function outputsOf(table: Loans, first: number, last: number): readonly Tensor[] {
  return [numberColumn(table, OUTPUT, first, last)];
}

function numberColumn(table: Loans, name: string, first: number, last: number): Tensor {
  return {
    ...{ name, datatype: 'FP64', shape: [last - first] },
    data: Float64Array.from((table[name] ?? []).slice(first, last).map(Number)),
  };
}

/** Records the rows from `first` until before `last` in an hour, in requests of 100 rows, as a gateway does. */
export async function recordHour(
  store: ObjectStore,
  table: Loans,
  { first, last, hour }: { readonly first: number; readonly last: number; readonly hour: number },
): Promise<void> {
  const windows = await openWindowStore({ objects: store, rollUp: false });
  const { manifest } = await new ModelRegistry({ store }).openVersion('loans', 1);
  const { decodeBaseline } = await import('@fairlead/windows');
  const baseline = decodeBaseline(manifest.baseline);
  const recorder = new WindowRecorder({
    store: windows,
    baselineOf: () => baseline,
    maxValuesAtOnce: 1e9,
    closeTimeoutMs: 300_000,
    now: () => hour,
  });
  const label = { model: 'loans', version: '1' };
  for (let row = first; row < last; row += 100) {
    const end = row + 100;
    recorder.record({
      label,
      inputs: inputsOf(table, row, end),
      outputs: outputsOf(table, row, end),
    });
    recorder.inferenceFinished({ ...label, outcome: 'success', rows: 100, requestDurationMs: 1 });
  }
  await recorder.close();
  await windows.close();
}

/** Records the first 4,000 rows of `analysis` in the eight hours until the last one: the shift is in the last three. */
export async function recordShift(store: ObjectStore): Promise<void> {
  const analysis = readLoans('analysis');
  for (let index = 0; index < 8; index += 1) {
    const hour = lastHour() - (7 - index) * HOUR_MS;
    await recordHour(store, analysis, { first: index * 500, last: (index + 1) * 500, hour });
  }
}
