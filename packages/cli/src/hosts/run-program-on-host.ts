import type { Carrier, CarrierResult, CarrierRunOptions } from '@fairlead/deploy';

/** Exit code of ssh itself, and of a host that can't be reached by another way. */
const UNREACHABLE = 255;

/**
 * Runs a program on a host; resolves for every exit code of the program.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached
 */
export async function runProgramOnHost(
  carrier: Carrier,
  argv: readonly [string, ...string[]],
  options?: CarrierRunOptions,
): Promise<CarrierResult> {
  const result = await carrier.run(argv, options);
  if (result.code !== UNREACHABLE) return result;
  const { DeployError } = await import('@fairlead/deploy');
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The host ${carrier.host} can't be reached: ${result.stderr.trim().slice(-500)}`,
  );
}

/**
 * Runs a program on a host that has to succeed.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` with the end of its error output
 */
export async function requireOnHost(
  carrier: Carrier,
  argv: readonly [string, ...string[]],
  options?: CarrierRunOptions,
): Promise<CarrierResult> {
  const result = await runProgramOnHost(carrier, argv, options);
  if (result.code === 0) return result;
  const { DeployError } = await import('@fairlead/deploy');
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The host ${carrier.host}: exit code ${result.code}: ${result.stderr.trim().slice(-500)}`,
  );
}
