import type { ScalingAction } from './host-scaling.ts';

/** Time within which an opposite action counts: alarms need 15 minutes to remove hosts, and a new host some to start. */
const WINDOW_SECONDS = 3600;
/** Change of the traffic that explains an opposite action. */
const EXPLAINED = 0.1;

/**
 * Counts oscillations: an action in the opposite direction to the one before, within an hour, although the traffic changed by less than 10 % between them.
 *
 * @example
 * ```ts
 * import { countOscillations } from '@fairlead/sizing';
 *
 * const actions = [
 *   { second: 0, from: 2, to: 3, requestsPerSecond: 100 },
 *   { second: 1200, from: 3, to: 2, requestsPerSecond: 98 },
 *   { second: 1800, from: 2, to: 4, requestsPerSecond: 190 },
 * ];
 * console.log(countOscillations(actions)); // 1
 * ```
 */
export function countOscillations(actions: readonly ScalingAction[]): number {
  return actions.filter((action, index) => {
    const before = actions[index - 1];
    if (before === undefined) return false;
    const isOpposite = Math.sign(action.to - action.from) !== Math.sign(before.to - before.from);
    const change = Math.abs(action.requestsPerSecond / before.requestsPerSecond - 1);
    return isOpposite && action.second - before.second <= WINDOW_SECONDS && change < EXPLAINED;
  }).length;
}
