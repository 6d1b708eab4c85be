import type { BuiltRelease } from '@fairlead/deploy';
import type { CommandContext } from '../command-context.ts';
import { readText } from '../read-file.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';

/**
 * Builds the release of an environment, with a note if its hosts would take a load balancer for the only client.
 *
 * @throws DeployError; CliError `ERR_CLI_FILE` when the signing key can't be read
 */
export async function buildFromConfig(
  { output }: CommandContext,
  { name, environment, deployment, resolvePath }: ChosenEnvironment,
  out?: string,
): Promise<BuiltRelease> {
  if (environment.balancer !== undefined && deployment.nginx.trustedProxies.length === 0) {
    output.note(
      `fairlead: ${name} has a balancer, but nginx.trustedProxies is empty: all clients share the limits per address; add the networks of the balancer, such as ["10.0.0.0/16"]`,
    );
  }
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
