import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import type { Signature } from '@fairlead/signature';
import { type HttpResponse, type Loans, onnxModel, readLoans } from '@fairlead/test-support';
import { baselineDocument, createBaseline } from '@fairlead/windows';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openStateFolder, type StateFolder } from '../../src/state-folder.ts';
import { serveGateway, type ServedGateway } from './served-gateway.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const OUTPUT = 'y_pred_proba';
const numbers = ['car_value', 'debt_to_income_ratio', 'driver_tenure', 'loan_length'];
const texts = ['repaid_loan_on_prev_car', 'salary_range', 'size_of_downpayment'];

/** A text of the sensitive feature, which must be stored nowhere. */
export const SENTINEL = 'customer-5d20ae';

/** Length of a window. */
export const SLOT_MS = 1000;

const signature: Signature = {
  inputs: [
    ...numbers.map((name) => ({ name, datatype: 'FP64', shape: [-1] }) as const),
    ...texts.map((name) => ({ name, datatype: 'BYTES', shape: [-1] }) as const),
    { name: 'customer', datatype: 'BYTES', shape: [-1], sensitive: true },
  ],
  outputs: [{ name: OUTPUT, datatype: 'FP64', shape: [-1] }],
};

/** Inputs of a request with the rows from `first` until before `last`. */
function inputsOf(table: Loans, first: number, last: number) {
  const tensor = (name: string, datatype: 'FP64' | 'BYTES', data: readonly unknown[]) => ({
    ...{ name, datatype, shape: [data.length], data },
  });
  const column = (name: string): readonly string[] => (table[name] ?? []).slice(first, last);
  return [
    ...numbers.map((name) => tensor(name, 'FP64', column(name).map(Number))),
    ...texts.map((name) => tensor(name, 'BYTES', column(name))),
    tensor('customer', 'BYTES', Array<string>(last - first).fill(SENTINEL)),
  ];
}

/** Pushes the model `loans`, whose baseline has the rows of `reference`, its outputs for them, and their labels. */
async function pushLoans({ registry: folder }: StateFolder): Promise<void> {
  const reference = readLoans('reference');
  const inputs = inputsOf(reference, 0, reference.repaid?.length ?? 0);
  const session = await InferenceSession.create(onnxModel('loans'));
  const feeds = inputs.map(({ name, datatype, data }) => [
    name,
    datatype === 'FP64'
      ? new Tensor('float64', Float64Array.from(data as readonly number[]))
      : new Tensor('string', data as string[]),
  ]);
  const outputs = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
  await session.release();
  const columns = {
    ...Object.fromEntries(
      inputs.map(({ name, data }) => [name, data as readonly (string | number)[]]),
    ),
    [OUTPUT]: Array.from(outputs[OUTPUT]?.data as Float64Array),
    repaid: (reference.repaid ?? []).map(Number),
  };
  const baseline = createBaseline(columns, { signature, label: 'repaid', scores: OUTPUT });
  const registry = new ModelRegistry({ store: folderStore(folder) });
  await registry.push({
    ...{ model: 'loans', runtime: { name: 'onnx' }, signature, actor: 'test' },
    files: { 'model.onnx': readFileSync(onnxModel('loans')) },
    baseline: baselineDocument(baseline),
  });
  await registry.setAlias('loans', 'champion', 1, { actor: 'test' });
}

/** The gateway of the sample application, with the model `loans` alone. */
export interface ServedLoans extends ServedGateway {
  readonly state: StateFolder;
  /** Sends the rows from `first` until before `last` as one request. */
  infer(table: Loans, first: number, last: number): Promise<HttpResponse>;
}

/** Starts the gateway with the settings of the sample, but captures every request, in windows of a second. */
export async function serveLoans(folder: string): Promise<ServedLoans> {
  const state = openStateFolder(folder);
  await pushLoans(state);
  const gateway = await serveGateway(state, {
    FAIRLEAD_CAPTURE_SHARE: '1',
    FAIRLEAD_WINDOWS_SLOT_MS: String(SLOT_MS),
  });
  return {
    ...{ ...gateway, state },
    infer: (table, first, last) =>
      gateway.call('/v2/models/loans/infer', {
        id: `rows-${first}`,
        inputs: inputsOf(table, first, last),
      }),
  };
}

/** The words with which Node runs `fairlead` from its sources. */
export const fairlead = [
  '--conditions=@fairlead/source',
  join(root, 'packages/cli/src/bin.ts'),
] as const;
