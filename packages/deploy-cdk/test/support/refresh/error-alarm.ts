import type { Balancer } from '@fairlead/fleet';

import type { ErrorShareAlarm } from './group-template.ts';

/** Simulates the alarm of CloudWatch on the responses that the load balancer counts. */
export class ErrorAlarm {
  readonly #balancer: Balancer;
  readonly #alarm: ErrorShareAlarm;
  #counted = { responses: 0, errors: 0 };
  #shares: readonly number[] = [];

  constructor(balancer: Balancer, alarm: ErrorShareAlarm) {
    this.#balancer = balancer;
    this.#alarm = alarm;
  }

  /** Share of errors in each of the last periods, in percent, the newest last. */
  get shares(): readonly number[] {
    return this.#shares;
  }

  /** Ends a period, and returns whether the alarm is in the state ALARM. */
  async endPeriod(): Promise<boolean> {
    const states = Object.values(await this.#balancer.states());
    const sum = (name: 'responses' | 'errors'): number =>
      states.reduce((total, state) => total + state[name], 0);
    const counted = { responses: sum('responses'), errors: sum('errors') };
    const responses = counted.responses - this.#counted.responses;
    const errors = counted.errors - this.#counted.errors;
    this.#counted = counted;
    const { Threshold, EvaluationPeriods, DatapointsToAlarm } = this.#alarm;
    const share = responses === 0 ? 0 : (100 * errors) / responses;
    this.#shares = [...this.#shares, share].slice(-EvaluationPeriods);
    return this.#shares.filter((each) => each > Threshold).length >= DatapointsToAlarm;
  }
}
