import type { Manifest, ModelRegistry, VersionState } from '@fairlead/registry';
import { readAliases } from './read-model.ts';

/** Details of a version. */
export interface VersionDetails {
  readonly manifest: Manifest;
  /** The aliases that point to it now. */
  readonly aliases: readonly string[];
  readonly state: VersionState;
  readonly signatures: readonly {
    readonly keyId: string;
    readonly actor: string;
    readonly at: string;
  }[];
}

/** @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`, `ERR_REGISTRY_ALIAS_NOT_FOUND` */
export async function readVersion(
  registry: ModelRegistry,
  model: string,
  aliasOrVersion: string,
): Promise<VersionDetails> {
  const { version } = await registry.resolve(model, aliasOrVersion);
  const { manifest } = await registry.openVersion(model, version);
  const { versions } = await registry.model(model).state();
  const signatures = await registry.model(model).version(version).signatures();
  return {
    manifest,
    aliases: Object.entries(await readAliases(registry, model)).flatMap(([alias, meant]) =>
      meant === version ? [alias] : [],
    ),
    state: versions.get(version) ?? { tags: {}, approvals: [], measurements: {}, drift: [] },
    signatures: signatures.map(({ keyId, actor, at }) => ({ keyId, actor, at })),
  };
}
