import { DeployConfigError } from './deploy-config-error.ts';

/** Which rule a deployment breaks. */
export type DeploymentProblemCode =
  | 'ERR_DEPLOYMENT_SETTING'
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
  | 'ERR_DEPLOYMENT_ENVIRONMENT';

/** One broken rule. */
export interface DeploymentProblem {
  /** Stable identifier of the rule. */
  readonly code: DeploymentProblemCode;
  /** Dotted names of every setting that takes part, such as `timeouts.nginxReadMs`. */
  readonly settings: readonly string[];
  /** What is wrong, with the values, and how to put it right. */
  readonly message: string;
}

/** Thrown by `defineDeployment`: lists everything that is wrong with a deployment, not just the first finding. */
export class DeploymentError extends DeployConfigError {
  /** The class, for whoever sees the error without its prototype. */
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
