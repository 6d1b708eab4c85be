import type { RolloutState } from '../state/rollout-state.ts';

/** Stored counts have at most so many bytes. */
export const MAX_COUNTS_BYTES = 16 * 1024 * 1024;
/** Folders of the counts of a step, and with `.json` the object of their sum. */
export const STEP = /^\d{2,4}$/;
/** Folders of the counts of an hour of a step. */
const HOUR = /^\d{4}-\d\d-\d\dT\d\d$/;
/** Sums of an hour: `2026-11-29T12.json`, and of what came later `2026-11-29T12-2.json`. */
const HOUR_SUM = /^(\d{4}-\d\d-\d\dT\d\d)(?:-(\d{1,4}))?\.json$/;
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

/** Key of the sum of a step by its folder. */
export function stepSumKey(step: string): string {
  return `${step}.json`;
}

/** Name of a sum of an hour, without `.json`: the first one is named like the hour, and later ones have a number. */
export function hourSumName(hour: string, generation: number): string {
  return generation === 1 ? hour : `${hour}-${generation}`;
}

/** An hour of a step. */
export interface HourEntry {
  /** Name such as `2026-11-29T12`. */
  readonly hour: string;
  readonly hasFolder: boolean;
  /** Names of its sums, without `.json`, in their order. */
  readonly sums: readonly string[];
}

/** Finds the hours among the children of the folder of a step, in the order of time. */
export function hoursOf(
  entries: readonly { readonly name: string; readonly kind: 'object' | 'folder' }[],
): readonly HourEntry[] {
  const generations = new Map<string, number[]>();
  const folders = new Set<string>();
  for (const { name, kind } of entries) {
    if (kind === 'folder' && HOUR.test(name)) folders.add(name);
    const [, hour, number = '1'] = HOUR_SUM.exec(name) ?? [];
    if (kind === 'object' && hour !== undefined)
      generations.set(hour, [...(generations.get(hour) ?? []), Number(number)]);
  }
  return [...new Set([...folders, ...generations.keys()])].sort().map((hour) => {
    const sorted = (generations.get(hour) ?? []).sort((a, b) => a - b);
    const sums = sorted.map((generation) => hourSumName(hour, generation));
    return { hour, hasFolder: folders.has(hour), sums };
  });
}

/** Begin of an hour, in milliseconds since the epoch, by its name. */
export function beginOf(hour: string): number {
  return Date.parse(`${hour}:00:00Z`);
}
