import type { ModelRegistry } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';

/**
 * Checks that clients of a version can call another one: during a rollout they get either.
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED` naming the changes that break them
 */
export async function refuseBreaking(
  registry: ModelRegistry,
  model: string,
  baseline: number,
  candidate: number,
): Promise<void> {
  const { breakingChanges } = await import('@fairlead/registry');
  const [before, after] = [
    await registry.openVersion(model, baseline),
    await registry.openVersion(model, candidate),
  ];
  const changes = breakingChanges(before.manifest.signature, after.manifest.signature);
  if (changes.length === 0) return;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `version ${candidate} of ${model} breaks clients of version ${baseline}, which get either during a rollout: ${changes.join('; ')}. Push a version with the same signature, or add --allow-breaking`,
  );
}
