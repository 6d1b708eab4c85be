import type { BuiltRelease } from '@fairlead/deploy';
import { readText } from '../read-file.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';

/**
 * Builds the release of an environment.
 *
 * @throws DeployError; CliError `ERR_CLI_FILE` when the signing key can't be read
 */
export async function buildFromConfig(
  { environment, deployment, resolvePath }: ChosenEnvironment,
  out?: string,
): Promise<BuiltRelease> {
  const { signingKeyFile, entry, python, platform = 'linux-x64', ...rest } = environment.release;
  const signingKey =
    signingKeyFile === undefined
      ? undefined
      : await readText(resolvePath(signingKeyFile), 'the signing key');
  const { buildRelease } = await import('@fairlead/deploy');
  return buildRelease({
    ...rest,
    ...{ deployment, platform, signingKey },
    entry: resolvePath(entry),
    out: out ?? resolvePath(rest.out ?? 'releases'),
    ...(python && {
      python: {
        ...python,
        requirements: resolvePath(python.requirements),
        source: resolvePath(python.source),
      },
    }),
  });
}
