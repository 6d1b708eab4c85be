import type { Carrier, CarrierResult, CarrierRunOptions } from '../carriers/carrier.ts';
import { DeployError } from '../deploy-error.ts';

/** Exit code of a carrier that can't reach its host. */
const UNREACHABLE = 255;

/** Creates the error of a host, which begins with its name. */
export function hostProblem({ host }: Carrier, reason: string, cause?: CarrierResult): DeployError {
  return new DeployError('ERR_DEPLOY_HOST', `The host ${host}: ${reason}`, { cause });
}

/** Checks whether an error is one of the connection: the command may have ended, or still run. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof DeployError)) return false;
  return (error.cause as Partial<CarrierResult> | undefined)?.code === UNREACHABLE;
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
  throw hostProblem(carrier, describeFailure(result), result);
}

/** Describes a command that failed; ssh itself ends with 255. */
export function describeFailure({ code, stderr }: CarrierResult): string {
  const reason = stderr.trim().slice(-500);
  return code === UNREACHABLE ? `can't be reached: ${reason}` : `exit code ${code}: ${reason}`;
}
