import {
  compareOutputs,
  goldenParityRows,
  type JsonTensor,
  measureParity,
  type ParityReport,
  type ParityRows,
  type Predict,
  type PushCandidate,
} from '@fairlead/registry';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { decodeTensor, encodeTensor } from '@fairlead/signature';

/** What was found out about an export. */
export interface TriedOut {
  /** Golden examples that came out right: all of them. */
  readonly goldenExamples: number;
  readonly parity: ParityReport;
}

const context = { requestIds: [], signal: new AbortController().signal, ownsInputs: false };

/**
 * Runs an ONNX export as the gateway will: its golden examples, and `rows` of which it is known what the Python original
 * answers.
 *
 * @throws Error when it can't be loaded, or a golden example comes out otherwise.
 */
export async function tryOutExport(
  { manifest, read }: PushCandidate,
  rows: readonly ParityRows[],
): Promise<TriedOut> {
  const artifacts = { manifest, read };
  const runtime = await onnxRuntime({ workers: 1 }).load(artifacts, { onEvent: () => undefined });
  const exported: Predict = async (inputs) => {
    const { outputs } = await runtime.execute(inputs.map(decodeTensor), context);
    return outputs.map((tensor) => JSON.parse(encodeTensor(tensor)) as JsonTensor);
  };
  try {
    const { goldenExamples } = manifest;
    for (const [index, { inputs, expected = [] }] of goldenParityRows(manifest).entries()) {
      const { name = `golden example ${index + 1}`, tolerance = 1e-4 } =
        goldenExamples[index] ?? {};
      const { parity } = compareOutputs([{ inputs, expected, actual: await exported(inputs) }]);
      if (!(parity <= tolerance)) {
        throw new Error(`"${name}" is off by ${parity}, and at most ${tolerance} is allowed`);
      }
    }
    const parity = await measureParity(rows, { exported });
    return { goldenExamples: goldenExamples.length, parity };
  } finally {
    await runtime.close();
  }
}
