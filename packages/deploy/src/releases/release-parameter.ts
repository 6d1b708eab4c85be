import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';

/** Options of {@link writeReleaseParameter}. */
export interface ReleaseParameterOptions {
  /** Client of Systems Manager, with region and credentials. */
  readonly ssm: SSMClient;
  /** Name of the parameter, such as `/shop/prod/release`. */
  readonly name: string;
  /** Digest of the release that the hosts run. */
  readonly digest: string;
}

/**
 * Writes the digest of the release that running hosts have into the parameter of Systems Manager that new hosts read at their first
 * boot, so that a fleet that scales out doesn't bring the release before. Needs `ssm:GetParameter` and `ssm:PutParameter`.
 *
 * @returns `true` if the parameter had another digest, or none.
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_PARAMETER` when it can't be written
 *
 * @example
 * ```ts
 * import { SSMClient } from '@aws-sdk/client-ssm';
 * import { writeReleaseParameter } from '@fairlead/deploy/ssm';
 *
 * const ssm = new SSMClient({ region: 'eu-central-1' });
 * const options = { ssm, name: '/shop/prod/release', digest: 'latest' };
 * const error = await writeReleaseParameter(options).catch((reason) => reason);
 * console.log(error.code); // ERR_DEPLOY_INVALID_OPTION
 * ```
 */
export async function writeReleaseParameter(options: ReleaseParameterOptions): Promise<boolean> {
  checkOptions('writeReleaseParameter', options, {
    ssm: 'required',
    name: 'required',
    digest: 'required',
  });
  const { ssm, name, digest } = options;
  checkText('name', 'the name of a parameter such as "/shop/prod/release"', name);
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw invalidOption(
      `Option digest is ${JSON.stringify(digest)}: expected the 64 hexadecimal digits of a release.`,
    );
  }
  try {
    if ((await readParameter(ssm, name)) === digest) return false;
    await ssm.send(
      new PutParameterCommand({ Name: name, Value: digest, Type: 'String', Overwrite: true }),
    );
    return true;
  } catch (cause) {
    throw new DeployError(
      'ERR_DEPLOY_RELEASE_PARAMETER',
      `The parameter ${name} can't be written (${String(cause)}), so that new hosts would start with another release than ${digest.slice(0, 12)}: allow ssm:GetParameter and ssm:PutParameter, then fairlead deploy --release ${digest.slice(0, 12)}, or after a rollback fairlead rollback --to ${digest.slice(0, 12)}. A second rollback without --to would go one release further back.`,
      { cause },
    );
  }
}

/** Options of {@link readReleaseParameter}. */
export type ReadReleaseParameterOptions = Pick<ReleaseParameterOptions, 'ssm' | 'name'>;

/**
 * Reads the digest of the release that new hosts start with; `undefined` if there is no such parameter. Needs `ssm:GetParameter`.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_PARAMETER` when it can't be read
 *
 * @example
 * ```ts
 * import { SSMClient } from '@aws-sdk/client-ssm';
 * import { readReleaseParameter } from '@fairlead/deploy/ssm';
 *
 * const ssm = new SSMClient({ region: 'eu-central-1' });
 * const error = await readReleaseParameter({ ssm, name: '' }).catch((reason) => reason);
 * console.log(error.code); // ERR_DEPLOY_INVALID_OPTION
 * ```
 */
export async function readReleaseParameter(
  options: ReadReleaseParameterOptions,
): Promise<string | undefined> {
  checkOptions('readReleaseParameter', options, { ssm: 'required', name: 'required' });
  const { ssm, name } = options;
  checkText('name', 'the name of a parameter such as "/shop/prod/release"', name);
  try {
    return await readParameter(ssm, name);
  } catch (cause) {
    throw new DeployError(
      'ERR_DEPLOY_RELEASE_PARAMETER',
      `The parameter ${name} can't be read (${String(cause)}): allow ssm:GetParameter, and run the command again.`,
      { cause },
    );
  }
}

async function readParameter(ssm: SSMClient, name: string): Promise<string | undefined> {
  try {
    return (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
  } catch (error) {
    if ((error as Error).name === 'ParameterNotFound') return undefined;
    throw error;
  }
}
