import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxModel, readLoans } from '@fairlead/test-support';
import {
  FEATURES,
  HOUR_MS,
  inputsOf,
  OUTPUT,
  outputsOf,
  recordHour,
  SENTINEL,
  signature,
} from './car-loans.ts';

const { captureFolder, openCapture } = await import('@fairlead/capture');
const { parquetSink } = await import('@fairlead/capture/parquet');
const { folderStore } = await import('@fairlead/registry');

const LABEL = 'repaid';
const ROWS_PER_HOUR = 500;
const ROWS_PER_REQUEST = 100;

/** Writes what a training leaves: the model, its metadata, and the table that it was trained with. */
export function writeTraining(folder: string): void {
  copyFileSync(onnxModel('loans'), join(folder, 'model.onnx'));
  writeFileSync(join(folder, 'loans.json'), JSON.stringify({ signature }));
  const table = readLoans('reference');
  const columns = [...FEATURES, OUTPUT, LABEL];
  const lines = (table[LABEL] ?? []).map((_, row) =>
    [...columns.map((name) => table[name]?.[row] ?? ''), SENTINEL].join(','),
  );
  writeFileSync(
    join(folder, 'train.csv'),
    [[...columns, 'customer'].join(','), ...lines].join('\n'),
  );
}

/**
 * Records windows in `registry` and captured requests in `captured`, as gateways do that serve the first 4,000 rows of
 * `analysis` in the eight hours from `begin`: the shift is in the last three.
 */
export async function serveShift(folder: string, begin: number): Promise<void> {
  const analysis = readLoans('analysis');
  const store = folderStore(join(folder, 'registry'));
  const recorder = await openCapture({
    spoolFolder: join(folder, 'state/captures'),
    sink: parquetSink({ objects: captureFolder(join(folder, 'captured')) }),
    signatureOf: () => signature,
    share: 1,
    closeTimeoutMs: 300_000,
  });
  for (let index = 0; index < 8; index += 1) {
    const [first, hour] = [index * ROWS_PER_HOUR, begin + index * HOUR_MS];
    await recordHour(store, analysis, { first, last: first + ROWS_PER_HOUR, hour });
    for (let row = first; row < first + ROWS_PER_HOUR; row += ROWS_PER_REQUEST) {
      recorder.record({
        label: { model: 'loans', version: '1' },
        requestId: requestOf(row),
        at: hour + row - first,
        durationMs: 2.5,
        inputs: inputsOf(analysis, row, row + ROWS_PER_REQUEST),
        outputs: outputsOf(analysis, row, row + ROWS_PER_REQUEST),
      });
    }
  }
  await recorder.close();
}

/** Writes `labels.csv`: whether each of these loans was repaid, known a month later. */
export function writeLabels(folder: string, observedAt: string): void {
  const analysis = readLoans('analysis');
  const lines = Array.from({ length: 8 * ROWS_PER_HOUR }, (_, row) =>
    [requestOf(row), row % ROWS_PER_REQUEST, analysis[LABEL]?.[row] ?? '', observedAt].join(','),
  );
  writeFileSync(
    join(folder, 'labels.csv'),
    ['request_id,row,label,observed_at', ...lines].join('\n'),
  );
}

function requestOf(row: number): string {
  return `request-${Math.floor(row / ROWS_PER_REQUEST)}`;
}
