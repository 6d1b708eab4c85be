import { describeValue } from '@fairlead/signature';

import { invalidOption } from '../check-options.ts';

/** Times of a balancer. */
export interface BalancerTimes {
  /** Time for the requests of a host to end, in milliseconds. @defaultValue `60_000` */
  readonly drainTimeoutMs?: number;
  /** Time for a host to become healthy, in milliseconds. @defaultValue `60_000` */
  readonly readyTimeoutMs?: number;
  /** Pause between two questions, in milliseconds. @defaultValue `100` for HAProxy, `2_000` for a target group */
  readonly pollMs?: number;
}

/** Fills in the defaults of the times of a balancer, and rejects wrong ones. */
export function checkTimes(
  times: BalancerTimes,
  { pollMs }: { readonly pollMs: number },
): Required<BalancerTimes> {
  const all = {
    drainTimeoutMs: times.drainTimeoutMs ?? 60_000,
    readyTimeoutMs: times.readyTimeoutMs ?? 60_000,
    pollMs: times.pollMs ?? pollMs,
  };
  for (const [name, value] of Object.entries(all)) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= 3_600_000) continue;
    throw invalidOption(
      `Option ${name} is ${describeValue(value)}: expected whole milliseconds from 1 to 3600000 (an hour).`,
    );
  }
  return all;
}
