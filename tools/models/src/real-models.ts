import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@fairlead/signature';
import { inferBinary, inferJson, inferMlflow, inferTensorFlowServing } from './infer-over-http.ts';
import { grpcClient } from './infer-over-grpc.ts';
import { findDifference } from './compare-tensors.ts';
import { downloadPackages, run } from './download.ts';
import { fairlead, freePort, startGateway } from './program.ts';
import { readTensors } from './read-tensors.ts';
import { list, listPath, type RealModel } from './real-model.ts';

/** The releases of ONNX Runtime that are compared need not choose the same kernels. */
const TOLERANCE = { rtol: 1e-3, atol: 1e-4 };
/** Body of a request to `/invocations`. */
const MLFLOW_MODEL = 'magika';

/** Says how one question to one model ended; without a problem it was answered right. */
export type OnAnswer = (model: string, form: string, problem: string | undefined) => void;

/** Pushes every model with its file alone, serves all in one gateway, and sends requests to each over every protocol that fits it. */
export async function runRealModels(root: string, onAnswer: OnAnswer): Promise<void> {
  const archives = join(root, '.fairlead/model-packages');
  downloadPackages(root, archives);
  const work = mkdtempSync(join(tmpdir(), 'fairlead-models-'));
  try {
    const python = join(root, '.venv/bin/python');
    const models = join(work, 'models');
    const reference = ['-m', 'fairlead_models.reference', listPath, archives, models];
    run(python, reference, join(root, 'tools/models/src'));
    const registry = join(work, 'registry');
    fairlead(root, registry, ['registry', 'init']);
    const pushed = list.models.filter(({ name }) => {
      const push = fairlead(root, registry, [
        ...['model', 'push', name, join(models, name, 'model.onnx')],
      ]);
      const problem = push ?? fairlead(root, registry, ['model', 'promote', name, '1']);
      onAnswer(name, 'push', problem);
      return problem === undefined;
    });
    await inferAll(root, registry, models, pushed, onAnswer);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function inferAll(
  root: string,
  registry: string,
  models: string,
  pushed: readonly RealModel[],
  onAnswer: OnAnswer,
): Promise<void> {
  const [http, rpc] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const gateway = await startGateway(root, {
    FAIRLEAD_LISTEN: http,
    FAIRLEAD_GRPC_LISTEN: rpc,
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_PROTOCOLS: 'open-inference,tensorflow-serving,mlflow',
    FAIRLEAD_INVOCATIONS_MODEL: MLFLOW_MODEL,
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_RATE_LIMIT: '1000000',
    FAIRLEAD_DEADLINE_MS: '120000',
  });
  const grpc = grpcClient(rpc);
  const base = `http://${http}`;
  try {
    for (const model of pushed) {
      const { name } = model;
      const inputs = readTensors(join(models, name), 'inputs');
      const outputs = readTensors(join(models, name), 'outputs');
      const tensors = async (infer: () => Promise<readonly Tensor[]>) =>
        findDifference(outputs, await infer(), TOLERANCE);
      const numbers = async (infer: () => Promise<Readonly<Record<string, readonly number[]>>>) =>
        differingNumbers(outputs, await infer());
      const forms: Readonly<Record<string, () => Promise<string | undefined>>> = {
        'V2 JSON': () => tensors(() => inferJson(base, name, inputs)),
        'V2 binary': () => tensors(() => inferBinary(base, name, inputs)),
        gRPC: () => tensors(() => grpc.infer(name, inputs)),
        'TensorFlow Serving, columns': () =>
          numbers(() => inferTensorFlowServing(base, name, inputs, false)),
        ...(model.rows && {
          'TensorFlow Serving, rows': () =>
            numbers(() => inferTensorFlowServing(base, name, inputs, true)),
        }),
        ...(name === MLFLOW_MODEL && {
          MLflow: () => {
            const [sole] = inputs;
            if (sole === undefined) return Promise.resolve('it has no input');
            return numbers(async () => ({ '': await inferMlflow(base, sole) }));
          },
        }),
      };
      for (const [form, infer] of Object.entries(forms)) {
        onAnswer(name, form, await infer().catch((error: unknown) => String(error)));
      }
    }
  } finally {
    grpc.close();
    await gateway.stop();
  }
}

/** Compares what a protocol without datatypes answers: the numbers alone. */
function differingNumbers(
  expected: readonly Tensor[],
  actual: Readonly<Record<string, readonly number[]>>,
): string | undefined {
  const as64 = (name: string, data: readonly number[]): Tensor => ({
    ...{ name, datatype: 'FP64', shape: [data.length] },
    data: Float64Array.from(data),
  });
  const [sole] = expected;
  const given = Object.entries(actual).map(([name, data]) =>
    as64(name === '' ? (sole?.name ?? '') : name, data),
  );
  const wanted = expected.map(({ name, data }) => as64(name, Array.from(data, Number)));
  return findDifference(wanted, given, TOLERANCE);
}
