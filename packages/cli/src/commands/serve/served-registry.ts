import { existsSync } from 'node:fs';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** A registry to serve, and its models at the start. */
export interface ServedRegistry {
  readonly location: string;
  /** True if it is removed at the end. */
  readonly isTemporary: boolean;
  /** Models that have the alias, or the one that was named. */
  readonly models: readonly string[];
  /** Models without the alias, with their newest version. */
  readonly unpromoted: readonly { readonly model: string; readonly latestVersion: number }[];
}

const DEFAULT_FOLDER = './registry';

/**
 * Opens the registry of `--registry`, else of `FAIRLEAD_REGISTRY`, else the folder `./registry`.
 *
 * @throws CliError `ERR_CLI_NO_REGISTRY`; RegistryError when it can't be read
 */
export async function servedRegistry(
  context: CommandContext,
  options: {
    readonly registry?: string | undefined;
    readonly model?: string | undefined;
    readonly alias: string;
  },
): Promise<ServedRegistry> {
  const { alias, model: only } = options;
  const named = options.registry ?? context.environment.registry;
  if (named === undefined && !existsSync(DEFAULT_FOLDER)) {
    throw new CliError(
      'ERR_CLI_NO_REGISTRY',
      `no registry is named and there is no folder ${DEFAULT_FOLDER}: add --registry, set FAIRLEAD_REGISTRY, ` +
        'or serve a file: fairlead serve model.onnx',
    );
  }
  const location = named ?? DEFAULT_FOLDER;
  const { registry } = await openRegistry(context, { registry: location });
  // Several names, such as `a,b`, are no model: the gateway would take them for a list.
  if (only !== undefined) registry.follow(only, alias);
  const summaries = await registry.listModels();
  const hasAlias = ({ aliases }: (typeof summaries)[number]) => Object.hasOwn(aliases, alias);
  return {
    location,
    isTemporary: false,
    models: only === undefined ? summaries.filter(hasAlias).map(({ model }) => model) : [only],
    unpromoted: summaries.filter(
      (summary) =>
        !hasAlias(summary) &&
        summary.latestVersion > 0 &&
        (only ?? summary.model) === summary.model,
    ),
  };
}
