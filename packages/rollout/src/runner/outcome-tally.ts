import type { AddedOutcomes, UncountedReason } from './accept-outcomes.ts';

/** Outcomes that a process has received for a model, by what became of them. */
export type OutcomeResults = Readonly<Record<'counted' | UncountedReason, number>>;

/** Numbers of the outcomes of one model in one process, for metrics. */
export interface OutcomeNumbers {
  readonly model: string;
  readonly results: OutcomeResults;
  /** Outcomes that wait for the answer to their user. */
  readonly waiting: number;
}

/** Outcomes of one model that a process has received. */
export class OutcomeTally {
  readonly #results = {
    counted: 0,
    no_test: 0,
    unknown_metric: 0,
    before_start: 0,
    unknown_user: 0,
  };

  get results(): OutcomeResults {
    return this.#results;
  }

  /** Counts outcomes with one result. */
  count(result: keyof OutcomeResults, outcomes: number): void {
    this.#results[result] += outcomes;
  }

  /** Counts outcomes that were added; those that wait are counted later. */
  add({ counted, uncounted }: AddedOutcomes): void {
    this.count('counted', counted);
    for (const { reason, outcomes } of uncounted) this.count(reason, outcomes);
  }
}

/** Outcomes of all models that a process has received. */
export class OutcomeTallies {
  readonly #tallies = new Map<string, OutcomeTally>();

  /** The tally of a model. */
  of(model: string): OutcomeTally {
    const tally = this.#tallies.get(model) ?? new OutcomeTally();
    this.#tallies.set(model, tally);
    return tally;
  }

  /** Numbers of each model, given how many outcomes wait. */
  numbers(waitingOf: (model: string) => number): readonly OutcomeNumbers[] {
    return Array.from(this.#tallies, ([model, { results }]) => {
      return { model, results, waiting: waitingOf(model) };
    });
  }
}
