import type { StepCounts } from '../counts/step-counts.ts';
import { countsFolder, type RolloutPlace } from './counts-keys.ts';
import { encodeCounts } from './load-counts.ts';

/** Counts under their key, which an attempt that is repeated uses again: an answer that was lost doesn't count them twice. */
export interface CountsObject {
  readonly key: string;
  readonly body: Uint8Array;
}

/** Names what one process has counted; each object holds what is new since the one before. */
export class CountsNames {
  readonly #writer: string;
  #sequence = 0;

  /** @param writer - a name that no other process has, of letters and digits */
  constructor(writer: string) {
    this.#writer = writer;
  }

  objectOf(place: RolloutPlace, counts: StepCounts, now: number): CountsObject {
    const time = new Date(now).toISOString();
    this.#sequence += 1;
    const step = String(counts.step).padStart(2, '0');
    const name = `${time.slice(14, 16)}${time.slice(17, 19)}-${this.#writer}-${this.#sequence}`;
    return {
      key: `${countsFolder(place)}/${step}/${time.slice(0, 13)}/${name}.json`,
      body: encodeCounts(counts),
    };
  }
}
