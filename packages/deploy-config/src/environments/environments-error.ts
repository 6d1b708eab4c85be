import { DeployConfigError } from '../deploy-config-error.ts';

/** A wrong setting of an environment. */
export interface EnvironmentProblem {
  /** Dotted names of the settings, such as `production.hosts.0`. */
  readonly settings: readonly string[];
  /** Description of the problem, with the value and the fix. */
  readonly message: string;
}

/**
 * Error of `defineEnvironments`: lists all problems of all environments, not only the first.
 *
 * @example
 * ```ts
 * import { defineEnvironments, EnvironmentsError } from '@fairlead/deploy-config';
 *
 * try {
 *   defineEnvironments({ production: { hosts: ['10.0.0.1'], release: { entry: 'service.ts' } } });
 * } catch (error) {
 *   console.log(error instanceof EnvironmentsError && error.problems[0]?.settings[0]); // production.hosts.0
 * }
 * ```
 */
export class EnvironmentsError extends DeployConfigError {
  /** Name of the class, also in serialized errors. */
  override readonly name = 'EnvironmentsError';
  /** Every problem, in the order of the settings. */
  readonly problems: readonly EnvironmentProblem[];

  constructor(problems: readonly EnvironmentProblem[]) {
    const list = problems.map(({ message }) => `\n- ${message}`).join('');
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super('ERR_DEPLOYMENT_ENVIRONMENTS', `The environments have ${count}:${list}`);
    this.problems = problems;
  }
}
