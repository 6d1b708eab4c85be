import type { Signature, TensorSpec } from '@fairlead/signature';
import type { RowAnalysis } from '../runtime/runtime.ts';
import { hasBatchDimension } from '../scheduling/batch-limits.ts';
import type { BatchingSetting } from '../source/model-source.ts';
import type { RowTrial } from './row-trial.ts';

/** Decision whether requests of a version share executions, with its reason. */
export interface BatchingDecision {
  readonly on: boolean;
  /** In words, with what was found. */
  readonly reason: string;
}

/** Facts that batching is decided by. */
export interface BatchingFacts {
  readonly setting: BatchingSetting;
  readonly signature: Signature;
  /** Rows that may share an execution at most, by the server's options. */
  readonly maxRows: number;
  /** Analysis of the model's graph; undefined for a model without one. */
  readonly analysis: RowAnalysis | undefined;
  /** Undefined when nothing was tried. */
  readonly trial: RowTrial | undefined;
}

/**
 * Returns the decision where no trial is needed, because batching is off in any case; undefined when it depends on the trial.
 */
export function decideWithoutTrial({
  setting,
  signature,
  maxRows,
  analysis,
}: Omit<BatchingFacts, 'trial'>): BatchingDecision | undefined {
  if (setting === 'off') return off('its manifest says so');
  if (!hasBatchDimension(signature)) {
    return off(`${fixedTensor(signature)} does not vary in its first dimension`);
  }
  if (analysis?.rows === 'dependent') return off(`rows influence each other: ${analysis.reason}`);
  if (maxRows === 1) return off('switched off by the server: maxBatchRows is 1');
  if (setting === 'auto' && analysis?.rows === 'unknown') {
    // A trial can't draw the value from which on rows influence each other, as beyond a threshold.
    return off(
      `its graph does not show independent rows (${analysis.reason}), and a trial cannot show them; promise independent rows with batching "on" (--batching on) if they are`,
    );
  }
  return undefined;
}

/**
 * Decides whether requests of a version share executions: only where the graph shows rows to be independent, or the
 * trial does where there is no graph to read, or the manifest promises it, and the trial found nothing against it.
 */
export function decideBatching(facts: BatchingFacts): BatchingDecision {
  const { setting, analysis, trial } = facts;
  const early = decideWithoutTrial(facts);
  if (early !== undefined) return early;
  if (trial?.rows === 'dependent') return off(trial.reason);
  if (trial?.rows === 'independent') {
    const shown = analysis?.rows === 'independent' ? `${analysis.reason}; ` : '';
    return { on: true, reason: shown + trial.reason };
  }
  const open = trial?.reason ?? 'no input of ours suits it; add golden examples';
  if (setting === 'on')
    return {
      on: true,
      reason: `its manifest promises independent rows, which the trial did not show (${open})`,
    };
  if (trial === undefined) return off(`its rows were not tried together: ${open}`);
  if (analysis?.rows === 'independent') {
    return { on: true, reason: `${analysis.reason}; by trial alone it is not shown: ${open}` };
  }
  return off(
    `independent rows are not shown by trial (${open}); push golden examples whose outputs differ (--golden), or promise independent rows with batching "on" (--batching on)`,
  );
}

function off(reason: string): BatchingDecision {
  return { on: false, reason };
}

/** Names the first input or output without rows, with its shape. */
function fixedTensor({ inputs, outputs }: Signature): string {
  const isFixed = ({ shape }: TensorSpec): boolean => shape[0] !== -1;
  const input = inputs.find(isFixed);
  const found = input ?? outputs.find(isFixed);
  if (found === undefined) return 'a model without inputs';
  return `${input === undefined ? 'output' : 'input'} "${found.name}" of shape [${found.shape.join(',')}]`;
}
