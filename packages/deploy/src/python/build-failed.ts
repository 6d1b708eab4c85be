import { DeployError } from '../deploy-error.ts';

/** Creates the error of a release that can't be built from what it is given. */
export function buildFailed(message: string, cause?: unknown): DeployError {
  return new DeployError('ERR_DEPLOY_BUILD_FAILED', message, { cause });
}
