import type { RolloutEntry } from '../state/rollout-entry.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';

/** A change of a rollout that this process made or has read. */
export interface RolloutEvent {
  readonly type: 'rollout-changed';
  readonly model: string;
  readonly rollout: string;
  readonly candidate: string;
  readonly status: RolloutState['status'];
  /** Step in which it is, from 1. */
  readonly step: number;
  /** Last change, such as `step` or `ended`. */
  readonly change: RolloutEntry['type'];
  readonly result?: RolloutState['result'];
  /** Verdict that changed nothing. */
  readonly decision?: RolloutState['decision'];
  /** True for a change that this process made. */
  readonly own: boolean;
  readonly actor: string;
  readonly reason: string;
}

/** The event of an entry; `state` is that of the rollout after it, or later. */
export function rolloutEvent(state: RolloutState, entry: RolloutEntry, own: boolean): RolloutEvent {
  return {
    type: 'rollout-changed',
    ...{ model: state.model, rollout: rolloutName(state), candidate: state.plan.candidate },
    ...{ status: state.status, step: state.step + 1, change: entry.type },
    ...(entry.type === 'ended' && { result: entry.result }),
    ...(entry.type === 'verdict' && { decision: entry.decision }),
    ...{ own, actor: entry.actor, reason: entry.reason },
  };
}
