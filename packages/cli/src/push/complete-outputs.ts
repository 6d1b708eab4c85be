import { count } from '../output/format-values.ts';
import type { PushRequest } from '@fairlead/registry';
import type { Baseline, PredictRows } from '@fairlead/windows';
import { oneLine } from '../output/plain-text.ts';
import { runRequest } from '../run/run-request.ts';
import type { RunningVersion } from '../run/run-version.ts';

/** A baseline, with notes on its outputs. */
export interface CompletedBaseline {
  readonly baseline: Baseline;
  readonly notes: readonly string[];
}

/**
 * Reads a baseline from a training table and lets the model compute the outputs that the table doesn't have. Where that isn't
 * possible the baseline is without them, and a note says why.
 *
 * @param read - reads the table from its begin
 */
export async function completeOutputs(
  file: string,
  request: PushRequest,
  mayRun: boolean,
  read: (predict?: PredictRows) => Promise<Baseline>,
): Promise<CompletedBaseline> {
  if (request.runtime.name !== 'onnx') {
    return withoutOutputs(file, request, await read(), 'it runs in another process');
  }
  if (!mayRun) return withoutOutputs(file, request, await read(), '--skip-validation');
  let running: RunningVersion | undefined;
  let runs = 0;
  try {
    const baseline = await read(async (inputs) => {
      runs += 1;
      running ??= await runRequest(request);
      return running.infer(inputs);
    });
    const rows = baseline.sampledRows;
    const note = `the model computed the outputs that ${file} has no columns of, on ${count(rows, 'row')}`;
    return { baseline, notes: runs > 0 ? [note] : [] };
  } catch (error) {
    // Rejects a table that is itself invalid.
    const baseline = await read();
    const why = error instanceof Error ? error.message : String(error);
    return withoutOutputs(file, request, baseline, oneLine(why).replace(/\.$/u, ''));
  } finally {
    await running?.close();
  }
}

/** Names the outputs that a baseline doesn't have: drift of what the model answers isn't found in them. */
function withoutOutputs(
  file: string,
  { signature }: PushRequest,
  baseline: Baseline,
  why: string,
): CompletedBaseline {
  const known = new Set(baseline.outputs.map(({ tensor }) => tensor));
  const missing = (signature?.outputs ?? []).filter(
    ({ name, sensitive, shape }) => sensitive !== true && shape.length <= 2 && !known.has(name),
  );
  if (missing.length === 0) return { baseline, notes: [] };
  const names = missing.map(({ name }) => JSON.stringify(name)).join(', ');
  const note = `the baseline has no outputs ${names}, so that their drift isn't found: the model was not run (${why}); add columns with what it answers to ${file}`;
  return { baseline, notes: [note] };
}
