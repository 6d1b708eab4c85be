import { decodeTensor, type Tensor } from '@fairlead/signature';
import { compareTensors } from './compare-tensors.ts';
import type { VersionManifest } from './model-source.ts';
import type { Execution, Runtime } from '../runtime.ts';
import { hasBatchDimension } from '../scheduling/batch-limits.ts';
import { packBatch, splitBatch } from '../scheduling/pack-batch.ts';
import { ServingError } from '../serving-error.ts';
import { zeroTensors } from './zero-tensors.ts';

const DEFAULT_TOLERANCE = 1e-4;

/** Inputs with what the model gave for them when they ran alone. */
interface Sample {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly tolerance: number;
}

/** What came out of a warm-up. */
export interface WarmUpResult {
  /** Whether requests may share an execution: rows that ran together gave what each gave alone. */
  readonly canBatch: boolean;
  /** Inputs that it answered. */
  readonly proof: readonly Tensor[] | undefined;
}

/**
 * Runs a version before anyone depends on it, and proves that it answers here as it did where it was trained.
 *
 * Each golden example runs and is compared: integers, booleans and bytes must be equal; floating-point outputs may
 * differ by the example's tolerance (1e-4 by default), absolutely or relative to the expected value. Without golden
 * examples it runs on zeros. Then two samples run in one batch: a model whose rows influence each other, or that calls
 * something else its first dimension, shows it there.
 *
 * @throws ServingError `ERR_SERVING_GOLDEN_MISMATCH` naming the example, the output and the element.
 */
export async function warmUp(
  manifest: VersionManifest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<WarmUpResult> {
  const execute = (inputs: readonly Tensor[]): Promise<Execution> =>
    runtime.execute(inputs, { signal, requestIds: [], ownsInputs: false });
  const samples = await runSamples(manifest, execute);
  const canBatch = hasBatchDimension(manifest.signature) && (await agreeInBatch(samples, execute));
  return { canBatch, proof: samples[0]?.inputs };
}

type Execute = (inputs: readonly Tensor[]) => Promise<Execution>;

async function runSamples(manifest: VersionManifest, execute: Execute): Promise<readonly Sample[]> {
  const { model, version, signature, goldenExamples = [] } = manifest;
  const samples: Sample[] = [];
  for (const [index, example] of goldenExamples.entries()) {
    const { tolerance = DEFAULT_TOLERANCE } = example;
    const inputs = example.inputs.map(decodeTensor);
    const { outputs } = await execute(inputs);
    const difference = compareTensors(example.outputs.map(decodeTensor), outputs, tolerance);
    if (difference !== undefined) {
      throw new ServingError(
        'ERR_SERVING_GOLDEN_MISMATCH',
        `model "${model}" version ${version}: golden example ${index}: ${difference}`,
      );
    }
    samples.push({ inputs, outputs, tolerance });
  }
  if (samples.length > 0) return samples;
  const inputs = zeroTensors(signature.inputs);
  const { outputs } = await execute(inputs);
  return [{ inputs, outputs, tolerance: DEFAULT_TOLERANCE }];
}

/** Runs two samples together, the same one twice where there is no other of its shape. */
async function agreeInBatch(samples: readonly Sample[], execute: Execute): Promise<boolean> {
  const [first, ...others] = samples;
  if (first === undefined) return false;
  const second = others.find((other) => shapesOf(other) === shapesOf(first)) ?? first;
  const pair = [first, second];
  const rows = pair.map(({ inputs }) => inputs[0]?.shape[0] ?? 0);
  try {
    const { outputs } = await execute(packBatch(pair.map(({ inputs }) => inputs)));
    const parts = splitBatch(outputs, rows);
    return pair.every(
      (sample, index) =>
        compareTensors(sample.outputs, parts?.[index] ?? [], sample.tolerance) === undefined,
    );
  } catch {
    // A model that can't run two rows at once is served one by one.
    return false;
  }
}

function shapesOf({ inputs }: Sample): string {
  return inputs.map(({ shape }) => shape.slice(1).join(',')).join(';');
}
