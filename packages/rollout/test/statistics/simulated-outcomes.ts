import type { OutcomeStep, OutcomeSums } from '@fairlead/rollout';

/** Independent random numbers that are the same in every run: mulberry32 by Tommy Ettinger. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** Returns the sums of outcomes. */
export function sumsOf(outcomes: readonly number[]): OutcomeSums {
  return {
    users: outcomes.length,
    sum: outcomes.reduce((sum, outcome) => sum + outcome, 0),
    sumSquares: outcomes.reduce((sum, outcome) => sum + outcome * outcome, 0),
  };
}

/** Returns one step with the users of all steps. */
export function poolSteps(steps: readonly OutcomeStep[]): OutcomeStep {
  const pool = (variant: keyof OutcomeStep): OutcomeSums => {
    const pooled = { users: 0, sum: 0, sumSquares: 0 };
    for (const { [variant]: sums } of steps) addSums(pooled, sums);
    return pooled;
  };
  return { candidate: pool('candidate'), baseline: pool('baseline') };
}

function addSums(
  to: { users: number; sum: number; sumSquares: number },
  { users, sum, sumSquares }: OutcomeSums,
): void {
  to.users += users;
  to.sum += sum;
  to.sumSquares += sumSquares;
}

/** A test that is repeated while users come, in steps with other shares. */
interface Simulation {
  readonly random: Random;
  /** Share of the candidate in each step. */
  readonly shares: readonly number[];
  readonly usersPerStep: number;
  readonly looksPerStep: number;
  /** Returns the outcome of a user at a time from 0 to 1, regardless of the variant. */
  readonly outcome: (time: number) => number;
}

/** Returns the steps so far at each look of one test without a difference. */
export function* simulateSteps(simulation: Simulation): Generator<readonly OutcomeStep[]> {
  const { random, shares, usersPerStep, looksPerStep, outcome } = simulation;
  const steps: OutcomeStep[] = [];
  for (const [index, share] of shares.entries()) {
    const step = {
      candidate: { users: 0, sum: 0, sumSquares: 0 },
      baseline: { users: 0, sum: 0, sumSquares: 0 },
    };
    steps.push(step);
    for (let user = 1; user <= usersPerStep; user += 1) {
      const sums = random.uniform() < share ? step.candidate : step.baseline;
      const value = outcome((index + user / usersPerStep) / shares.length);
      sums.users += 1;
      sums.sum += value;
      sums.sumSquares += value * value;
      if (user % (usersPerStep / looksPerStep) === 0) yield steps;
    }
  }
}

/** Three standard errors above an `alpha` of 0.05: more false alarms than that are no chance. */
export function maxFalseAlarms(runs: number): number {
  return 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs);
}
