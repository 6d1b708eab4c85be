import { DeployError } from '../deploy-error.ts';

/** Creates the error of a release that failed its gate. */
export function gateFailed(reason: string, cause?: unknown): DeployError {
  const message = `The release failed its gate: ${reason}.`;
  return new DeployError('ERR_DEPLOY_GATE_FAILED', message, { cause });
}
