import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import type { Signature } from '@fairlead/signature';
import {
  freePort,
  httpCall,
  type HttpResponse,
  type Loans,
  onnxModel,
  readLoans,
} from '@fairlead/test-support';
import { baselineDocument, createBaseline } from '@fairlead/windows';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Child } from '../../src/child.ts';
import { openDemoSecrets } from '../../src/demo-secrets.ts';
import { preparePrograms } from '../../src/programs.ts';
import { openStateFolder, type StateFolder } from '../../src/state-folder.ts';

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

/** The gateway of the sample application, with the model `loans` alone; Nginx and Flask don't run. */
export interface ServedLoans {
  readonly state: StateFolder;
  /** Sends the rows from `first` until before `last` as one request. */
  infer(table: Loans, first: number, last: number): Promise<HttpResponse>;
  /** Sends a request with the key of the sample. */
  call(path: string, body: unknown): Promise<HttpResponse>;
  /** Stops the gateway and starts it again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the gateway with the settings of the sample, but captures every request, in windows of a second. */
export async function serveLoans(folder: string): Promise<ServedLoans> {
  const state = openStateFolder(folder);
  await pushLoans(state);
  const secrets = openDemoSecrets(state);
  const host = {
    ...{ cores: 2, memoryBytes: 4 * 2 ** 30, openFiles: 65_536 },
    ...{ nginx: '1.22.1', openssl: '3.0.0', port: await freePort(), grpcPort: await freePort() },
  };
  const { gateway, gatewaySocket } = await preparePrograms(root, state, host, secrets);
  const environment = {
    ...gateway.environment,
    FAIRLEAD_CAPTURE_SHARE: '1',
    FAIRLEAD_WINDOWS_SLOT_MS: String(SLOT_MS),
  };
  const start = async (): Promise<Child> => {
    const child = new Child({ ...gateway, environment }, state.logs);
    const ended = child.ended.then((how) => {
      throw new Error(`the gateway has ended (${how}):\n${child.lastLines()}`);
    });
    await Promise.race([child.ready, ended]);
    ended.catch(() => undefined);
    return child;
  };
  let child = await start();
  const call = (path: string, body: unknown): Promise<HttpResponse> => {
    const headers = { authorization: `Bearer ${secrets.key}` };
    return httpCall({ socketPath: gatewaySocket }, path, { body, headers });
  };
  return {
    ...{ state, call },
    infer: (table, first, last) =>
      call('/v2/models/loans/infer', {
        id: `rows-${first}`,
        inputs: inputsOf(table, first, last),
      }),
    async restart() {
      await child.stop(60_000);
      child = await start();
    },
    async close() {
      await child.stop(60_000);
      for (const socket of gateway.sockets ?? []) socket.close();
    },
  };
}

/** The words with which Node runs `fairlead` from its sources. */
export const fairlead = [
  '--conditions=@fairlead/source',
  join(root, 'packages/cli/src/bin.ts'),
] as const;
