import { DeployConfigError } from './deploy-config-error.ts';
import type { Deployment } from './deployment.ts';
import { describeValue } from './options-problem.ts';

/** Rejects a value that isn't a text. */
export function checkText(name: string, expected: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new DeployConfigError(
    'ERR_DEPLOY_CONFIG_INVALID_OPTION',
    `Option ${name}: expected ${expected}, got ${describeValue(value)}.`,
  );
}

/** Rejects a value that isn't a resolved deployment, such as the input of `defineDeployment`. */
export function checkDeployment(deployment: Deployment): void {
  const given: unknown = deployment;
  const isResolved =
    typeof given === 'object' &&
    given !== null &&
    'timeouts' in given &&
    'keepAlive' in given &&
    'nginx' in given &&
    typeof given.nginx === 'object' &&
    given.nginx !== null &&
    'upstreams' in given.nginx;
  if (isResolved) return;
  throw new DeployConfigError(
    'ERR_DEPLOY_CONFIG_INVALID_OPTION',
    'Option deployment: expected the result of defineDeployment(). Call it with your settings first.',
  );
}
