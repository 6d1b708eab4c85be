import type { Manifest, ModelRegistry, VersionState } from '@fairlead/registry';

/** Details of a model. */
export interface ModelDetails {
  readonly model: string;
  /** The version that each alias points to. */
  readonly aliases: Readonly<Record<string, number>>;
  /** The gates of each alias that has any. */
  readonly gates: Readonly<Record<string, readonly string[]>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly versions: readonly VersionSummary[];
}

/** A version in the list of a model. */
export interface VersionSummary extends Pick<
  Manifest,
  'version' | 'created' | 'actor' | 'runtime' | 'metrics'
> {
  readonly tags: Readonly<Record<string, string>>;
  readonly archived: boolean;
  /** Actors that approved it. */
  readonly approvedBy: readonly string[];
}

/** @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND` */
export async function readModel(registry: ModelRegistry, model: string): Promise<ModelDetails> {
  const manifests = await registry.listVersions(model);
  const state = await registry.model(model).state();
  return {
    model,
    aliases: await readAliases(registry, model),
    gates: Object.fromEntries(
      [...state.gates]
        .filter(([, { gates }]) => gates.length > 0)
        .map(([alias, { gates }]) => [alias, gates]),
    ),
    tags: state.tags,
    versions: manifests.map(({ version, created, actor, runtime, metrics }) => {
      const known: Partial<VersionState> = state.versions.get(version) ?? {};
      const { tags = {}, archived, approvals = [] } = known;
      return {
        ...{ version, created, actor, runtime, metrics, tags },
        archived: archived !== undefined,
        approvedBy: approvals.map((approval) => approval.actor),
      };
    }),
  };
}

/** The version that each alias of a model points to. */
export async function readAliases(
  registry: ModelRegistry,
  model: string,
): Promise<Readonly<Record<string, number>>> {
  return (await registry.listModels()).find((summary) => summary.model === model)?.aliases ?? {};
}
