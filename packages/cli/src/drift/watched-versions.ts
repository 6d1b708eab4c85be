import type { WatchedVersion } from '@fairlead/drift';
import type { ModelRegistry } from '@fairlead/registry';
import { resolveVersion } from './version-argument.ts';

/** Versions to judge: those that `models` name, a model without a version standing for those of its aliases; without any those of all aliases. */
export async function watchedVersions(
  registry: ModelRegistry,
  models: readonly string[],
): Promise<readonly WatchedVersion[]> {
  const pinned = models.filter((each) => each.includes('@'));
  const named = await Promise.all(pinned.map((each) => resolveVersion(registry, each)));
  const names = models.filter((each) => !each.includes('@'));
  // Rejects an unknown model.
  for (const name of names) await registry.resolve(name, 1).catch(ignorePruned);
  const summaries = await registry.listModels();
  const aliased = summaries
    .filter(({ model }) => models.length === 0 || names.includes(model))
    .flatMap(({ model, aliases }) => Object.values(aliases).map((version) => ({ model, version })));
  const all = [...named, ...aliased].map(
    ({ model, version }) => [`${model}@${version}`, { model, version: String(version) }] as const,
  );
  return [...new Map(all).values()];
}

/** The first version may have been pruned; the model exists then. */
function ignorePruned(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_REGISTRY_VERSION_PRUNED')
    return;
  throw error;
}
