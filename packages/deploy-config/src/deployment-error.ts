import { DeployConfigError } from './deploy-config-error.ts';

/** Rules that a deployment can break. */
export type DeploymentProblemCode =
  | 'ERR_DEPLOYMENT_INVALID_OPTION'
  | 'ERR_DEPLOYMENT_TARGET'
  | 'ERR_DEPLOYMENT_TIMEOUT_LADDER'
  | 'ERR_DEPLOYMENT_KEEP_ALIVE'
  | 'ERR_DEPLOYMENT_BODY_LIMIT'
  | 'ERR_DEPLOYMENT_ADDRESS'
  | 'ERR_DEPLOYMENT_SOCKET_PATH'
  | 'ERR_DEPLOYMENT_CORES'
  | 'ERR_DEPLOYMENT_MEMORY'
  | 'ERR_DEPLOYMENT_CONNECTIONS'
  | 'ERR_DEPLOYMENT_ROUTE'
  | 'ERR_DEPLOYMENT_SERVICE'
  | 'ERR_DEPLOYMENT_SECRET'
  | 'ERR_DEPLOYMENT_STATE'
  | 'ERR_DEPLOYMENT_ENVIRONMENT'
  | 'ERR_DEPLOYMENT_CONTAINERS';

/** One broken rule. */
export interface DeploymentProblem {
  /** Stable identifier of the rule. */
  readonly code: DeploymentProblemCode;
  /** Dotted names of all settings involved, such as `timeouts.nginxReadMs`. */
  readonly settings: readonly string[];
  /** Description of the problem, with the values and the fix. */
  readonly message: string;
}

/**
 * Error of `defineDeployment`: lists all problems of a deployment, not only the first.
 *
 * @example
 * ```ts
 * import { defineDeployment, DeploymentError } from '@fairlead/deploy-config';
 *
 * try {
 *   defineDeployment({} as never);
 * } catch (error) {
 *   console.log(error instanceof DeploymentError); // true
 * }
 * ```
 */
export class DeploymentError extends DeployConfigError {
  /** Name of the class, also in serialized errors. */
  override readonly name = 'DeploymentError';
  /** Every broken rule, in the order of the checks. */
  readonly problems: readonly DeploymentProblem[];

  constructor(problems: readonly DeploymentProblem[]) {
    const list = problems.map(({ code, message }) => `\n- ${message} [${code}]`).join('');
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super('ERR_DEPLOYMENT_INVALID', `The deployment has ${count}:${list}`);
    this.problems = problems;
  }
}
