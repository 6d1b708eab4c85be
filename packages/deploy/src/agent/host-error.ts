import { DeployError } from '../deploy-error.ts';

/** Creates the error of a host that isn't as a release needs it, or doesn't do what it should. */
export function hostError(message: string, cause?: unknown): DeployError {
  return new DeployError('ERR_DEPLOY_HOST', message, { cause });
}
