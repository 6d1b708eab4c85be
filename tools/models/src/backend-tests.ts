import { onnxModel } from '@fairlead/registry/sources';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import type { Tensor } from '@fairlead/signature';
import { ModelServer } from '@fairlead/serving';
import { onnxRuntime, type OnnxRuntimeOptions } from '@fairlead/serving/onnx';
import type { BackendCase } from './backend-case.ts';
import { findDifference } from './compare-tensors.ts';
import { runWithOnnxRuntime } from './run-with-onnxruntime.ts';
import { Hung, within } from './within.ts';

/** Result of a case. */
export interface BackendOutcome {
  readonly name: string;
  /**
   * `refused` is right: ONNX Runtime refuses the model or its inputs too, or the protocol lacks a type; `unserved` is not:
   * ONNX Runtime runs it. `runtime` is what ONNX Runtime alone answers, to the last bit, though the case expects otherwise.
   */
  readonly kind: 'passed' | 'runtime' | 'refused' | 'unserved' | 'wrong' | 'hung';
  readonly reason: string;
}

/** Placement of an execution: only in worker threads, or where it was measured to be faster. */
export type BackendPath = 'workers' | 'automatic';

const RUNTIMES: Readonly<Record<BackendPath, OnnxRuntimeOptions>> = {
  workers: { workers: 1, intraOpThreads: 1, inProcess: false },
  automatic: { intraOpThreads: 1 },
};
const TIMEOUT_MS = 60_000;
const AT_A_TIME = 3;

/** Pushes each case into a registry, serves it, and compares its outputs with those of the case. */
export async function runBackendTests(
  cases: readonly BackendCase[],
  path: BackendPath,
  onOutcome: (outcome: BackendOutcome) => void = () => undefined,
): Promise<readonly BackendOutcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-backend-tests-'));
  const registry = new ModelRegistry({ store: folderStore(folder) });
  const server = new ModelServer({
    source: registry,
    alias: 'champion',
    runtimes: { onnx: onnxRuntime(RUNTIMES[path]) },
  });
  const outcomes: BackendOutcome[] = [];
  try {
    const waiting = cases.entries();
    const work = async (): Promise<void> => {
      for (const [index, each] of waiting) {
        const outcome = await runCase(registry, server, each, `case-${index}`);
        outcomes.push(outcome);
        onOutcome(outcome);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes;
}

async function runCase(
  registry: ModelRegistry,
  server: ModelServer,
  each: BackendCase,
  model: string,
): Promise<BackendOutcome> {
  const { name } = each;
  try {
    const actor = 'test:models';
    const request = await onnxModel(each.file, { model, actor });
    await registry.push(request);
    await registry.setAlias(model, 'champion', 1, { actor });
    await within(TIMEOUT_MS, server.load(model));
    const wanted = new Set((request.signature?.inputs ?? []).map((input) => input.name));
    if (each.problem !== null)
      return { name, kind: 'wrong', reason: `${each.problem}, and serves` };
    for (const { inputs, outputs } of each.sets()) {
      const sent = inputs.filter((input) => wanted.has(input.name));
      const answer = await within(TIMEOUT_MS, server.infer({ model }, { inputs: sent }));
      const difference = findDifference(outputs, answer.outputs, each);
      if (difference === undefined) continue;
      const same = await isTheRuntimes(each.file, sent, answer.outputs);
      return { name, kind: same ? 'runtime' : 'wrong', reason: difference };
    }
    return { name, kind: 'passed', reason: '' };
  } catch (error) {
    return await explain(each, error);
  } finally {
    // One that hangs isn't waited for.
    await within(TIMEOUT_MS, server.unload(model)).catch(() => undefined);
  }
}

async function explain(each: BackendCase, error: unknown): Promise<BackendOutcome> {
  const { name, problem, file } = each;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Hung) return { name, kind: 'hung', reason };
  if (problem !== null) return { name, kind: 'refused', reason };
  const [first] = each.sets();
  const job = { file, inputs: first?.inputs ?? [], like: first?.outputs ?? [] };
  const runs = await runWithOnnxRuntime(job, TIMEOUT_MS).then(
    () => true,
    () => false,
  );
  return { name, kind: runs ? 'unserved' : 'refused', reason };
}

async function isTheRuntimes(
  file: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): Promise<boolean> {
  const alone = await runWithOnnxRuntime({ file, inputs, like: outputs }, TIMEOUT_MS);
  return findDifference(alone, outputs, { rtol: 0, atol: 0 }) === undefined;
}
