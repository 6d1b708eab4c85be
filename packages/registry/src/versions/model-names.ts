import { isModelName } from '../checks/model-name.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { folderNames } from '../store/folder-names.ts';
import { MODELS } from '../store/layout.ts';
import { listSome } from '../store/list-some.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** Names of the folders that can be models, whether or not a version was pushed yet. */
export function modelNames(store: ObjectStore): Promise<readonly string[]> {
  return folderNames(store, MODELS, isModelName);
}

/** Error for a `model` without a version; names the models of the store. */
export async function modelNotFound(store: ObjectStore, model: string): Promise<RegistryError> {
  const models = listSome(await modelNames(store), 'it has', 'it is empty');
  return new RegistryError(
    'ERR_REGISTRY_MODEL_NOT_FOUND',
    `there is no model "${model}" in ${store.location}: ${models}; push a version of it first`,
  );
}
