import { intervalLabel } from '../counts/interval-label.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import type { RolloutInference } from './rollout-inference.ts';
import type { CheckedRunnerOptions } from './rollout-runner-options.ts';

/** Returns the events of a request that its rollout counts, such as `failure`. */
export function requestEvents(
  { guardrails: { slow, labels } }: RolloutPlan,
  inference: RolloutInference,
  { labelOf, scoreOf }: Pick<CheckedRunnerOptions, 'labelOf' | 'scoreOf'>,
): readonly string[] {
  const { model, version, outcome, reason, isFault, isCached, durationMs, outputs } = inference;
  if (isFault === true) return ['failure'];
  if (outcome === 'failure') {
    if (reason === 'CANCELED') return ['canceled'];
    // A client's limit depends on the share of the version.
    return reason === 'OTHER' ? ['invalid'] : [];
  }
  const events: string[] = [];
  // A cache that one version has filled for longer says nothing about the other.
  if (slow !== undefined) events.push(isCached === true ? 'cached' : 'computed');
  if (slow !== undefined && isCached !== true && durationMs > slow.overMs) events.push('slow');
  if (labels !== undefined && outputs !== undefined) {
    const score = labels.edges && scoreOf(model, version, outputs);
    const label =
      labels.edges === undefined
        ? labelOf(model, version, outputs)
        : score === undefined
          ? undefined
          : intervalLabel(score, labels.edges);
    if (label !== undefined) events.push(`label:${label.slice(0, 100)}`);
  }
  return events;
}
