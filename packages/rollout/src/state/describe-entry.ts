import type { RolloutEntry } from './rollout-entry.ts';

/**
 * Describes an entry of a rollout in a few words, such as `step 2` and `rolled back`.
 *
 * @example
 * ```ts
 * import { describeEntry } from '@fairlead/rollout';
 *
 * console.log(describeEntry({ type: 'step', step: 1, at: 0, actor: 'gateway', reason: '' })); // step 2
 * ```
 */
export function describeEntry(entry: RolloutEntry): string {
  switch (entry.type) {
    case 'step':
      return `step ${entry.step + 1}`;
    case 'verdict':
      return entry.decision;
    case 'ended':
      return entry.result;
    default:
      return entry.type;
  }
}
