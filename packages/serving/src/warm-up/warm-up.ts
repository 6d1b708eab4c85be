import { setTimeout as sleep } from 'node:timers/promises';
import type { Tensor } from '@fairlead/signature';
import type { Execution, Runtime } from '../runtime/runtime.ts';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import { ServingError } from '../errors/serving-error.ts';
import {
  decideBatching,
  decideWithoutTrial,
  type BatchingDecision,
  type BatchingFacts,
} from './decide-batching.ts';
import { findGoldenMismatch } from './find-golden-mismatch.ts';
import { findSuitableInputs } from './find-suitable-inputs.ts';
import type { VersionManifest } from '../source/model-source.ts';
import { tryRows } from './try-rows.ts';

/** Part of the time for the warm-up after which the rows are tried no further. */
const TRIAL_SHARE = 1 / 4;
/** The same, in milliseconds, where the graph has shown already that rows are independent. */
const CHECK_BUDGET_MS = 2000;
/** Timeout for the replacement of a worker that the trial ended. */
const REPLACEMENT_MS = 10_000;

/** Options of {@link warmUp}. */
export interface WarmUpOptions {
  readonly limits: BatchLimits;
  /** Within how many milliseconds it has to be over. */
  readonly timeoutMs: number;
  /** Aborts when it takes longer, or the version isn't wanted any more. */
  readonly signal: AbortSignal;
}

/** Result of a warm-up. */
export interface WarmUpResult {
  readonly batching: BatchingDecision;
  /** Inputs that the version answered. */
  readonly probeInputs: readonly Tensor[] | undefined;
  /** Reason why it was not executed: no suitable inputs were found. */
  readonly validationSkipped?: string;
}

/**
 * Runs a version before it serves requests, and checks that it answers here as it did where it was trained.
 *
 * Each golden example runs and is compared: integers, booleans and bytes must be equal; floating-point outputs may
 * differ by the example's tolerance (1e-4 by default), absolutely or relative to the expected value. Without golden
 * examples plausible inputs are drawn until some run; where none do, that is no fault of the version: it is served, and
 * its requests run alone. Different requests are tried together before any may share an execution, see `tryRows`.
 *
 * @throws ServingError `ERR_SERVING_GOLDEN_MISMATCH` naming the example, the output and the element;
 * `ERR_SERVING_ROWS_DEPENDENT` when the manifest promises independent rows and they aren't.
 */
export async function warmUp(
  manifest: VersionManifest,
  runtime: Runtime,
  { limits, timeoutMs, signal }: WarmUpOptions,
): Promise<WarmUpResult> {
  const execute = (inputs: readonly Tensor[]): Promise<Execution> =>
    runtime.execute(inputs, { signal, requestIds: [], ownsInputs: false, isWarmUp: true });
  const facts: Omit<BatchingFacts, 'trial'> = {
    setting: manifest.batching ?? 'auto',
    signature: manifest.signature,
    maxRows: limits.maxRows,
    analysis: runtime.rowAnalysis,
  };
  let known = await runGoldenExamples(manifest, execute);
  let validationSkipped: string | undefined;
  if (known.length === 0) {
    const found = await findSuitableInputs(manifest, execute);
    if (found.inputs === undefined) {
      await requireHealth(runtime, signal);
      validationSkipped = `no input of ours suits it (the last one: ${found.problem})`;
    } else known = [found.inputs];
  }
  const trial =
    known.length > 0 && decideWithoutTrial(facts) === undefined
      ? await tryRows({
          manifest,
          known,
          limits,
          budgetMs:
            facts.analysis?.rows === 'independent' ? CHECK_BUDGET_MS : timeoutMs * TRIAL_SHARE,
          execute: async (inputs) => (await execute(inputs)).outputs,
        })
      : undefined;
  const batching = decideBatching({ ...facts, trial });
  if (facts.setting === 'on' && !batching.on && limits.maxRows > 1) {
    throw new ServingError(
      'ERR_SERVING_ROWS_DEPENDENT',
      `model "${manifest.model}" version ${manifest.version} has batching "on" in its manifest, but ${batching.reason}; push it with batching "auto" or "off"`,
    );
  }
  return {
    batching,
    probeInputs: known[0],
    ...(validationSkipped !== undefined && { validationSkipped }),
  };
}

async function runGoldenExamples(
  { model, version, goldenExamples = [] }: VersionManifest,
  execute: (inputs: readonly Tensor[]) => Promise<Execution>,
): Promise<readonly (readonly Tensor[])[]> {
  const known: (readonly Tensor[])[] = [];
  const mismatch = await findGoldenMismatch(goldenExamples, async (inputs) => {
    const { outputs } = await execute(inputs);
    known.push(inputs);
    return outputs;
  });
  if (mismatch !== undefined) {
    throw new ServingError(
      'ERR_SERVING_GOLDEN_MISMATCH',
      `model "${model}" version ${version}: golden example ${mismatch.index}: ${mismatch.difference}`,
    );
  }
  return known;
}

/**
 * Waits until the runtime is healthy: inputs that were tried may have ended its process, and its successor takes a moment
 * to start.
 *
 * @throws ServingError `ERR_SERVING_LOAD_FAILED` with the runtime's problem when it is still unhealthy at the end.
 */
async function requireHealth(runtime: Runtime, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + REPLACEMENT_MS;
  for (;;) {
    const problem = await runtime.unhealthy();
    if (problem === undefined) return;
    if (signal.aborted || performance.now() > deadline) {
      throw new ServingError('ERR_SERVING_LOAD_FAILED', problem);
    }
    await sleep(50);
  }
}
