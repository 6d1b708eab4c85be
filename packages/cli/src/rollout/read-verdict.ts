import type { CountsReader, RolloutState, RolloutVerdict } from '@fairlead/rollout';

/** The verdict on a rollout from what its fleet has counted. */
export async function readVerdict(
  reader: CountsReader,
  state: RolloutState,
  now: number,
): Promise<RolloutVerdict> {
  const { judgeState } = await import('@fairlead/rollout');
  return judgeState(state, await reader.read(now), now);
}
