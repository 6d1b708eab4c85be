import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Signature, Tensor } from '@fairlead/signature';
import { Random } from '@fairlead/test-support/random';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';

const { captureFolder, openCapture } = await import('@fairlead/capture');
const { parquetSink } = await import('@fairlead/capture/parquet');
const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { decodeBaseline, openWindowStore, WindowRecorder } = await import('@fairlead/windows');

/** Folder of the programs of Python. */
export const PYTHON = fileURLToPath(new URL('../../../../.venv/bin', import.meta.url));

const HOUR_MS = 3_600_000;
const ROWS_PER_REQUEST = 100;
const ROWS_PER_HOUR = 500;

/** Signature of `churn`: calls a month, and months since the sign-up. */
const signature: Signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'calls' }, { name: 'months' }],
    },
  ],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [-1] },
    { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
  ],
};

/** Customers: the values of the features in rows, and whether they left. */
interface Customers {
  readonly x: Float32Array;
  readonly left: readonly (0 | 1)[];
}

/** Draws customers; a call is counted as `factor` calls. */
function draw(random: Random, rows: number, factor: number): Customers {
  const x = new Float32Array(rows * 2);
  const left = Array.from({ length: rows }, (_, row) => {
    const calls = -3 * Math.log(1 - random.uniform());
    const months = 60 * random.uniform();
    x.set([calls * factor, months], row * 2);
    const odds = Math.exp(1.5 * (calls - 4) - 0.08 * (months - 30));
    return random.uniform() < odds / (1 + odds) ? 1 : 0;
  });
  return { x, left };
}

/** Writes what the first training leaves: its rows, `churn.json`, and the folder `trained` by `train.py`. */
export function trainFirst(folder: string): void {
  const { x, left } = draw(new Random(1), 2000, 1);
  const lines = left.map((label, row) => `${x[row * 2]},${x[row * 2 + 1]},${label}`);
  writeFileSync(
    join(folder, 'history.csv'),
    ['input_calls,input_months,label', ...lines].join('\n'),
  );
  writeFileSync(join(folder, 'churn.json'), JSON.stringify({ signature }));
  mkdirSync(join(folder, 'trained'));
  execFileSync(join(PYTHON, 'python'), ['train.py'], {
    cwd: folder,
    env: { FAIRLEAD_TRAINING_ROWS: 'history.csv', FAIRLEAD_TRAINING_OUTPUT: 'trained' },
  });
}

/** Hours to serve. */
interface ServedHours {
  readonly begin: number;
  readonly hours: number;
  /** Calls that one call is counted as. */
  readonly factor: number;
  readonly version: number;
}

/**
 * Records windows in `registry` and captured requests in `captured`, as gateways do that serve customers; appends the labels to `labels.csv`.
 */
export async function serveCustomers(
  folder: string,
  { begin, hours, factor, version }: ServedHours,
): Promise<void> {
  const store = folderStore(join(folder, 'registry'));
  const opened = await new ModelRegistry({ store }).openVersion('churn', version);
  const session = await InferenceSession.create(await opened.read('model.onnx'));
  const baseline = decodeBaseline(opened.manifest.baseline);
  const label = { model: 'churn', version: String(version) };
  const captures = await openCapture({
    spoolFolder: join(folder, 'state/captures'),
    sink: parquetSink({ objects: captureFolder(join(folder, 'captured')) }),
    signatureOf: () => signature,
    share: 1,
    closeTimeoutMs: 300_000,
  });
  const random = new Random(begin);
  const labels: string[] = [];
  for (let at = begin; at < begin + hours * HOUR_MS; at += HOUR_MS) {
    const windows = await openWindowStore({ objects: store, rollUp: false });
    const recorder = new WindowRecorder({
      ...{ store: windows, baselineOf: () => baseline, maxValuesPerSecond: 1e9 },
      ...{ closeTimeoutMs: 300_000, now: () => at },
    });
    for (let row = 0; row < ROWS_PER_HOUR; row += ROWS_PER_REQUEST) {
      const { x, left } = draw(random, ROWS_PER_REQUEST, factor);
      const { inputs, outputs } = await answer(session, x);
      const requestId = `${new Date(at).toISOString().slice(0, 13)}-${row / ROWS_PER_REQUEST}`;
      recorder.record({ label, inputs, outputs });
      recorder.inferenceFinished({
        ...label,
        outcome: 'success',
        rows: ROWS_PER_REQUEST,
        requestDurationMs: 1,
      });
      captures.record({ label, requestId, at: at + row, durationMs: 1, inputs, outputs });
      labels.push(...left.map((value, index) => `${requestId},${index},${value}`));
    }
    await recorder.close();
    await windows.close();
  }
  await captures.close();
  await session.release();
  writeFileSync(join(folder, 'labels.csv'), ['request_id,row,label', ...labels].join('\n'));
}

async function answer(
  session: InferenceSession,
  x: Float32Array,
): Promise<{ readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] }> {
  const shape = [x.length / 2, 2];
  const { label, probabilities } = await session.run({ x: new OrtTensor('float32', x, shape) });
  return {
    inputs: [{ name: 'x', datatype: 'FP32', shape, data: x }],
    outputs: [
      {
        name: 'label',
        datatype: 'INT64',
        shape: [shape[0] ?? 0],
        data: label?.data as BigInt64Array,
      },
      { name: 'probabilities', datatype: 'FP32', shape, data: probabilities?.data as Float32Array },
    ],
  };
}
