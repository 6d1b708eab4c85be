import { RolloutLog } from '../state/rollout-log.ts';
import { rolloutName } from '../state/rollout-state.ts';
import { compactCounts } from './compact-counts.ts';
import type { CheckedRunnerOptions } from './rollout-runner-options.ts';

/** Sums up the counts of the rollouts of a process, and remembers those that are done. */
export class Compactor {
  readonly #options: Pick<CheckedRunnerOptions, 'objects' | 'now' | 'onError'>;
  readonly #final = new Set<string>();
  #mayRemove = true;

  constructor(options: Pick<CheckedRunnerOptions, 'objects' | 'now' | 'onError'>) {
    this.#options = options;
  }

  /** Sums up the counts of all rollouts of a model. */
  async run(model: string): Promise<void> {
    const { objects, now } = this.#options;
    const log = new RolloutLog({ objects, model, now });
    for (const number of await log.numbers()) {
      const name = rolloutName({ model, number });
      if (this.#final.has(name)) continue;
      const state = await log.read(number);
      if (state === undefined) continue;
      const { isFinal } = await compactCounts({ objects: this.#store(), state, now: now() });
      if (isFinal) this.#final.add(name);
    }
  }

  #denied(error: unknown): void {
    if (this.#mayRemove) this.#options.onError(error);
    this.#mayRemove = false;
  }

  /** The store; without `remove` from the first time on that it was rejected, which is reported once. */
  #store(): CheckedRunnerOptions['objects'] {
    const { objects } = this.#options;
    return {
      create: (key, body) => objects.create(key, body),
      read: (key, limits) => objects.read(key, limits),
      list: (folder) => objects.list(folder),
      ...(this.#mayRemove && {
        remove: async (key: string) => {
          if (!this.#mayRemove) return;
          try {
            await objects.remove?.(key);
          } catch (error) {
            this.#denied(error);
          }
        },
      }),
    };
  }
}
