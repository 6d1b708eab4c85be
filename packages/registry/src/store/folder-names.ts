import type { ObjectStore } from './object-store.ts';

/** Names of the folders directly below `folder` for which `isName` is true, in order. */
export async function folderNames(
  store: ObjectStore,
  folder: string,
  isName: (name: string) => boolean,
): Promise<readonly string[]> {
  const entries = await store.list(folder);
  return entries
    .filter(({ kind, name }) => kind === 'folder' && isName(name))
    .map(({ name }) => name);
}
