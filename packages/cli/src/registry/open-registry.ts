import type { ModelRegistry, ObjectStore } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { type DryRunStore, dryRunStore } from './dry-run-store.ts';

/** Options of every command that uses a registry. */
export interface RegistryOptions {
  readonly registry?: string | undefined;
  readonly dryRun?: true | undefined;
}

/** A registry that a command uses. */
export interface OpenedRegistry {
  readonly registry: ModelRegistry;
  readonly store: ObjectStore;
  /** Where writes went instead, in a dry run. */
  readonly dryRunStore?: DryRunStore;
}

/**
 * Opens the registry that `--registry` names, or `FAIRLEAD_REGISTRY`; for a dry run one that only seems to change.
 *
 * @throws CliError `ERR_CLI_NO_REGISTRY`; RegistryError `ERR_REGISTRY_STORE_…`
 */
export async function openRegistry(
  context: CommandContext,
  options: RegistryOptions,
): Promise<OpenedRegistry> {
  const location = registryLocation(context, options);
  // The registry's libraries are loaded only by commands that need them: help and completion answer at once.
  const { ModelRegistry, openStore } = await import('@fairlead/registry');
  const base = await openStore(location);
  const overlay = options.dryRun ? dryRunStore(base) : undefined;
  const store = overlay ?? base;
  const registry = new ModelRegistry({ store, clock: context.io.clock });
  return { registry, store, ...(overlay && { dryRunStore: overlay }) };
}

/** @throws CliError `ERR_CLI_NO_REGISTRY` */
export function registryLocation(
  { environment }: CommandContext,
  { registry }: RegistryOptions,
): string {
  const location = registry ?? environment.registry;
  if (location !== undefined && location !== '') return location;
  throw new CliError(
    'ERR_CLI_NO_REGISTRY',
    'no registry is named: add --registry ./folder or --registry s3://bucket/prefix, or set FAIRLEAD_REGISTRY',
  );
}
