import type { ModelRegistry } from '@fairlead/registry';
import type { CandidateRollout, RetrainingPolicy, RolloutOrder } from '@fairlead/retraining';
import type { RolloutLog, RolloutPlan } from '@fairlead/rollout';
import { CliError } from '../cli-error.ts';

/** Rollouts of a model. */
export interface RolloutPlace {
  readonly registry: ModelRegistry;
  readonly rollouts: RolloutLog;
  readonly model: string;
  readonly actor: string;
}

/**
 * Makes the plan of a rollout from the fields of a policy.
 *
 * @throws RolloutError `ERR_ROLLOUT_PLAN_INVALID`
 */
export async function planRollout(
  { alias, rollout }: Pick<RetrainingPolicy, 'alias' | 'rollout'>,
  versions: { readonly baseline: number; readonly candidate: number },
): Promise<RolloutPlan> {
  const { readPlan } = await import('@fairlead/rollout');
  return readPlan({
    ...(rollout === false ? {} : rollout),
    alias,
    baseline: String(versions.baseline),
    candidate: String(versions.candidate),
  });
}

/** Starts the rollout of a candidate, unless it was started before; resolves to its number, or undefined if the alias points to it already. */
export async function startRollout(
  { registry, rollouts, model, actor }: RolloutPlace,
  { attempt, version, policy, reason }: RolloutOrder,
): Promise<number | undefined> {
  const known = (await rollouts.all()).find(({ plan }) => plan.candidate === String(version));
  if (known !== undefined) return known.number;
  const { version: baseline } = await registry.resolve(model, policy.alias);
  if (baseline === version) return undefined;
  const plan = await planRollout(policy, { baseline, candidate: version });
  const state = await rollouts.start(plan, { actor, reason: `attempt ${attempt}: ${reason}` });
  return state.number;
}

/** Reads how the rollout of a candidate ended, or that it runs. */
export async function readCandidateRollout(
  { rollouts, model }: Pick<RolloutPlace, 'rollouts' | 'model'>,
  number: number,
): Promise<CandidateRollout> {
  const state = (await rollouts.all()).find((each) => each.number === number);
  if (state === undefined) {
    throw new CliError(
      'ERR_CLI_CHECK_FAILED',
      `rollout ${model}-${number} isn't in the registry any more`,
    );
  }
  const { result, entries } = state;
  const reason = `rollout ${model}-${number}: ${entries.at(-1)?.reason ?? ''}`;
  if (result === undefined) return { reason };
  if (result === 'promoted') return { result, reason };
  return {
    result: 'rolled back',
    reason: result === 'rolled back' ? reason : `${result}, ${reason}`,
  };
}
