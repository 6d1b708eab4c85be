import type { ModelRegistry } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';

/**
 * Resolves `model@version` or `model@alias`; without `@` the champion.
 *
 * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_ALIAS_NOT_FOUND`; CliError `ERR_CLI_USAGE`
 */
export async function resolveVersion(
  registry: ModelRegistry,
  argument: string,
): Promise<{ readonly model: string; readonly version: number }> {
  const [model = '', reference = 'champion', ...rest] = argument.split('@');
  if (model === '' || reference === '' || rest.length > 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${JSON.stringify(argument)} names no version: use churn@3, churn@candidate, or churn for its champion`,
    );
  }
  const { version } = await registry.resolve(model, reference);
  return { model, version };
}
