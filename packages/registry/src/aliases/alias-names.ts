import { isAliasName } from '../checks/model-name.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { folderNames } from '../store/folder-names.ts';
import { aliasesFolder } from '../store/layout.ts';
import { listSome } from '../store/list-some.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { modelNotFound } from '../versions/model-names.ts';
import { versionLog } from '../versions/version-log.ts';

/** Names of the folders that can be aliases of `model`. */
export function aliasNames(store: ObjectStore, model: string): Promise<readonly string[]> {
  return folderNames(store, aliasesFolder(model), isAliasName);
}

/** Error for an `alias` without an entry; names the aliases of the model, or the models of the store. */
export async function aliasNotFound(
  store: ObjectStore,
  model: string,
  alias: string,
): Promise<RegistryError> {
  if ((await versionLog(store, model).head()) === 0) return modelNotFound(store, model);
  const aliases = listSome(await aliasNames(store, model), 'it has', 'it has none');
  return new RegistryError(
    'ERR_REGISTRY_ALIAS_NOT_FOUND',
    `"${model}" has no alias "${alias}" in ${store.location}: ${aliases}; set it to a version first`,
  );
}
