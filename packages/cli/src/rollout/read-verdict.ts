import type { CountsReader, RolloutState, RolloutVerdict } from '@fairlead/rollout';

/** The verdict on a rollout from what its fleet has counted; on an ended one, as of its end. */
export async function readVerdict(
  reader: CountsReader,
  state: RolloutState,
  now: number,
): Promise<RolloutVerdict> {
  const { judgeRollout } = await import('@fairlead/rollout');
  const { plan, step, startedAt, stepStartedAt, status, entries } = state;
  const counts = await reader.read(now);
  const at = status === 'ended' ? (entries.at(-1)?.at ?? now) : now;
  return judgeRollout({
    ...{ plan, step, startedAt, stepStartedAt, now: Math.max(at, startedAt) },
    counts: counts.filter((each) => each.step <= step),
  });
}
