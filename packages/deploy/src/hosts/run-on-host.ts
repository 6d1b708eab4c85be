import type { Carrier, CarrierResult, CarrierRunOptions } from '../carriers/carrier.ts';
import { DeployError } from '../deploy-error.ts';

/** Creates the error of a host, which begins with its name. */
export function hostProblem({ host }: Carrier, reason: string): DeployError {
  return new DeployError('ERR_DEPLOY_HOST', `The host ${host}: ${reason}`);
}

/**
 * Runs a program on a host, and resolves to its output.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` with the end of its error output, when the exit code isn't 0
 */
export async function runOnHost(
  carrier: Carrier,
  argv: readonly [string, ...string[]],
  options?: CarrierRunOptions,
): Promise<CarrierResult> {
  const result = await carrier.run(argv, options);
  if (result.code === 0) return result;
  throw hostProblem(carrier, describeFailure(result));
}

/** Describes a command that failed; ssh itself ends with 255. */
export function describeFailure({ code, stderr }: CarrierResult): string {
  const reason = stderr.trim().slice(-500);
  return code === 255 ? `can't be reached: ${reason}` : `exit code ${code}: ${reason}`;
}
