import type { CaptureObjects } from '@fairlead/capture';
import type { RetrainingPolicy, RetrainingSteps } from '@fairlead/retraining';
import type { CommandContext } from '../command-context.ts';
import { readCandidateRollout, startRollout } from './candidate-rollout.ts';
import type { OpenedRetraining } from './open-retraining.ts';
import { openRunner } from './open-runner.ts';
import { pushCandidate } from './push-candidate.ts';
import { writeInputs } from './write-inputs.ts';

/** Parts of the steps. */
export interface StepsOptions {
  readonly opened: OpenedRetraining;
  /** Opens captured requests and labels, which only the first step needs. */
  readonly captures: () => Promise<CaptureObjects>;
  /** Policy of the attempt. */
  readonly policy: RetrainingPolicy;
  readonly actor: string;
}

/** Steps of an attempt: captured requests, registry and rollouts. */
export async function retrainingSteps(
  context: CommandContext,
  { opened, captures, policy, actor }: StepsOptions,
): Promise<RetrainingSteps> {
  const { registry, store, model, now } = opened;
  const { RolloutLog } = await import('@fairlead/rollout');
  const rollouts = new RolloutLog({ objects: store, model, now });
  const place = { registry, rollouts, model, actor };
  return {
    writeInputs: async (target) => writeInputs(opened, await captures(), target),
    runner: await openRunner(context, policy),
    push: (order) => pushCandidate(place, order),
    failedGates: async (version) => {
      const results = await registry.checkGates(model, policy.alias, version);
      return results.filter(({ passed }) => !passed).map(({ gate, found }) => `${gate} (${found})`);
    },
    startRollout: (order) => startRollout(place, order),
    readRollout: (number) => readCandidateRollout(place, number),
  };
}
