import type { RandomSource, Tensor } from '@fairlead/signature';
import { packBatch, splitBatch } from '../scheduling/pack-batch.ts';
import { differsBeyondRounding, magnitudesOf, type Magnitudes } from './compare-rows.ts';
import { isUnsuitable, type Execute } from './find-suitable-inputs.ts';
import { findUniformOutput } from './find-uniform-output.ts';
import { batchesOf } from './row-batches.ts';
import type { Request } from './row-samples.ts';
import { dependent, MIN_SAMPLES, outOfTime, type RowTrial, type Sample } from './row-trial.ts';

/** Options of {@link tryGroup}. */
export interface GroupTrial {
  readonly drawn: readonly Request[];
  /** True if the version is known to accept the first request. */
  readonly mustRun: boolean;
  readonly maxRows: number;
  readonly endsAt: number;
  readonly budgetMs: number;
  readonly random: RandomSource;
  readonly execute: Execute<readonly Tensor[]>;
}

/** Tries requests of the same inner shapes; undefined when the version takes too few of them to show anything. */
export async function tryGroup({
  drawn,
  mustRun,
  maxRows,
  endsAt,
  budgetMs,
  random,
  execute,
}: GroupTrial): Promise<RowTrial | { samples: number; executions: number } | undefined> {
  const samples: Sample[] = [];
  for (const [index, inputs] of drawn.entries()) {
    const sample = await runAlone(inputs, execute);
    if (sample === undefined && index > 0) continue;
    // Another first request would hardly suit it: errors cost an upstream time, and others their process.
    if (sample === undefined && !mustRun) return undefined;
    if (typeof sample !== 'object') return dependent(sample ?? 'it takes no part of a request');
    if (index === 0) {
      const again = await execute(inputs);
      const difference = differsBeyondRounding(sample.outputs, again, magnitudesOf([again]));
      if (difference !== undefined) {
        return dependent('the same request gets different answers, so its rows cannot be compared');
      }
    }
    samples.push(sample);
    if (performance.now() > endsAt) return outOfTime(budgetMs);
  }
  if (!mustRun && samples.length < MIN_SAMPLES) return undefined;
  const magnitudes = magnitudesOf(samples.map(({ outputs }) => outputs));
  let executions = 0;
  for (const batch of batchesOf(samples, random, maxRows)) {
    const problem = await compareTogether(batch, execute, magnitudes);
    if (problem !== undefined) return dependent(problem);
    executions += 1;
    if (performance.now() > endsAt) return outOfTime(budgetMs);
  }
  const uniform = findUniformOutput(samples);
  if (uniform !== undefined && mustRun) return { rows: 'open', reason: uniform };
  return uniform === undefined ? { samples: samples.length, executions } : undefined;
}

/** Undefined when the version doesn't take the request; a text when its outputs have other rows. */
async function runAlone(
  inputs: Request,
  execute: Execute<readonly Tensor[]>,
): Promise<Sample | string | undefined> {
  const rows = inputs[0]?.shape[0] ?? 0;
  try {
    const outputs = await execute(inputs);
    const other = outputs.find(({ shape }) => shape[0] !== rows);
    if (other !== undefined) {
      return `output "${other.name}" has the shape [${other.shape.join(',')}] for ${rows} rows of input`;
    }
    return { inputs, outputs, rows };
  } catch (error) {
    if (isUnsuitable(error)) return undefined;
    throw error;
  }
}

async function compareTogether(
  batch: readonly Sample[],
  execute: Execute<readonly Tensor[]>,
  magnitudes: Magnitudes,
): Promise<string | undefined> {
  let outputs: readonly Tensor[];
  try {
    outputs = await execute(packBatch(batch.map(({ inputs }) => inputs)));
  } catch (error) {
    if (!isUnsuitable(error)) throw error;
    return `requests that it takes alone fail together: ${error.message}`;
  }
  const parts = splitBatch(
    outputs,
    batch.map(({ rows }) => rows),
  );
  if (parts === undefined) return 'its outputs have other rows than the requests that ran together';
  for (const [index, sample] of batch.entries()) {
    const difference = differsBeyondRounding(sample.outputs, parts[index] ?? [], magnitudes);
    if (difference !== undefined) {
      const total = batch.reduce((sum, { rows }) => sum + rows, 0);
      return `rows influence each other: of ${total} rows, ${difference}`;
    }
  }
  return undefined;
}
