import type { ModelRegistry, ObjectStore } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { type DryRunStore, dryRunStore } from './dry-run-store.ts';

/** Options of commands that use a registry. */
export interface RegistryOptions {
  readonly registry?: string | undefined;
  readonly dryRun?: true | undefined;
}

/** An open registry. */
export interface OpenedRegistry {
  readonly registry: ModelRegistry;
  readonly store: ObjectStore;
  /** Receives the writes of a dry run. */
  readonly dryRunStore?: DryRunStore;
}

/**
 * Opens the registry that `--registry` names, or `FAIRLEAD_REGISTRY`; for a dry run with an overlay that receives the writes.
 * `requestLimits` are the times of requests to S3.
 *
 * @throws CliError `ERR_CLI_NO_REGISTRY`; RegistryError `ERR_REGISTRY_STORE_…`
 */
export async function openRegistry(
  context: CommandContext,
  options: RegistryOptions,
  requestLimits: { readonly retryBudgetMs?: number; readonly timeoutMs?: number } = {},
): Promise<OpenedRegistry> {
  const location = registryLocation(context, options);
  // Only commands that need the registry load it: help and completion stay fast.
  const { ModelRegistry, openStore } = await import('@fairlead/registry');
  const base = await openStore(location, requestLimits);
  const overlay = options.dryRun ? dryRunStore(base) : undefined;
  const store = overlay ?? base;
  const registry = new ModelRegistry({ store, now: context.io.now });
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
    'no registry given: add --registry ./folder or --registry s3://bucket/prefix, or set FAIRLEAD_REGISTRY',
  );
}
