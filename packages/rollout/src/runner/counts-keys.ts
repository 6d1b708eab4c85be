import type { RolloutState } from '../state/rollout-state.ts';

/** Stored counts have at most so many bytes. */
export const MAX_COUNTS_BYTES = 16 * 1024 * 1024;
/** Folders of the counts of a step, and with `.json` the object of their sum. */
export const STEP = /^\d{2,4}$/;
/** Folders of the counts of an hour of a step, and with `.json` the object of their sum. */
export const HOUR = /^\d{4}-\d\d-\d\dT\d\d$/;
/** Objects of counts. */
export const OBJECT = /\.json$/;

const HOUR_MS = 3_600_000;
/** Objects of an hour are stored until so long after its begin: a process that was cut off from the store for longer loses the counts of one object. */
export const COMPLETE_MS = 2 * HOUR_MS;

/** A rollout by its model and number. */
export type RolloutPlace = Pick<RolloutState, 'model' | 'number'>;

/** Folder of the counts of a rollout: `rollouts/churn/0004/counts`. */
export function countsFolder({ model, number }: RolloutPlace): string {
  return `rollouts/${model}/${String(number).padStart(4, '0')}/counts`;
}

/** Key of the sum of an hour, or of a step, by its folder. */
export function sumKey(folder: string): string {
  return `${folder}.json`;
}

/** Begin of an hour, in milliseconds since the epoch, by its folder. */
export function beginOf(hour: string): number {
  return Date.parse(`${hour.slice(-13)}:00:00Z`);
}
