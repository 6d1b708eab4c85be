import { measureParity, type ParityReport, type ParityRows, type Predict } from '@fairlead/parity';
import { type PushCandidate, type Trial } from '@fairlead/registry';
import { ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { decodeTensor, encodeTensor, type JsonTensor } from '@fairlead/signature';

/** Results of the validation of an export. */
export interface ValidatedExport {
  /** Number of golden examples whose outputs are as expected: all of them. */
  readonly goldenExamples: number;
  readonly parity: ParityReport;
  /** Stored in the manifest, as by `fairlead model push`. */
  readonly trial: Trial;
}

/**
 * Loads an ONNX export as the gateway does, which runs its golden examples and decides on batching, and compares its
 * outputs for `rows` with those of the Python original.
 *
 * @throws ServingError when it can't be loaded, or the outputs for a golden example differ from the expected ones.
 */
export async function validateExport(
  { manifest, read }: PushCandidate,
  rows: readonly ParityRows[],
): Promise<ValidatedExport> {
  const { model, version } = manifest;
  const server = new ModelServer({
    source: {
      resolve: () => Promise.resolve({ version }),
      openVersion: () => Promise.resolve({ manifest, read }),
      follow: (_model, _alias, { signal }) => noChanges(signal),
    },
    runtimes: { onnx: onnxRuntime({ workers: 1 }) },
  });
  const exported: Predict = async (inputs) => {
    const { outputs } = await server.infer({ model }, { inputs: inputs.map(decodeTensor) });
    return outputs.map((tensor) => JSON.parse(encodeTensor(tensor)) as JsonTensor);
  };
  try {
    await server.load(model, {});
    const { batching, validationSkipped } = server.find({ model });
    const trial = {
      ran: validationSkipped === undefined,
      ...(validationSkipped !== undefined && { reason: validationSkipped }),
      batching: { on: batching.on, reason: batching.reason },
    };
    const parity = await measureParity(rows, { exported });
    return { goldenExamples: manifest.goldenExamples.length, parity, trial };
  } finally {
    await server.close();
  }
}

/** Yields nothing: the version under validation stays the current one. */
async function* noChanges(signal: AbortSignal): AsyncGenerator<never, void> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  yield* [];
}
