import { MAX_ALIAS_ENTRY_BYTES } from '../aliases/alias-entry.ts';
import { aliasFolder, blobKey, versionsFolder } from '../store/layout.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { modelNames } from '../versions/model-names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { MAX_RECORD_BYTES, decodeRecord } from '../records/stored-record.ts';

interface EntryShape {
  readonly version?: number;
}

interface ManifestShape {
  readonly files?: readonly { readonly sha256: string }[];
}

/** Returns the keys of all objects that a host needs to start with the current versions of the aliases in `store`. */
export async function pinnedKeys(store: ObjectStore): Promise<ReadonlySet<string>> {
  const pinned = new Set<string>();
  for (const model of await modelNames(store)) {
    for (const alias of await aliasNames(store, model)) {
      const folder = aliasFolder(model, alias);
      const newest = (await store.list(folder)).at(-1)?.name;
      if (newest === undefined) continue;
      const entryKey = `${folder}/${newest}`;
      const entry = await readRecord<EntryShape>(store, entryKey, MAX_ALIAS_ENTRY_BYTES);
      pinned.add(entryKey);
      const number = String(entry?.version ?? 0).padStart(8, '0');
      const manifestKey = `${versionsFolder(model)}/${number}.json`;
      const manifest = await readRecord<ManifestShape>(store, manifestKey, MAX_RECORD_BYTES);
      pinned.add(manifestKey);
      for (const { sha256 } of manifest?.files ?? []) pinned.add(blobKey(sha256));
    }
  }
  return pinned;
}

/** A record, unless it is absent or damaged: then nothing is to be learned from it. */
async function readRecord<R>(
  store: ObjectStore,
  key: string,
  maxBytes: number,
): Promise<R | undefined> {
  try {
    const bytes = await store.read(key, { maxBytes });
    return bytes && (decodeRecord(key, bytes) as R);
  } catch {
    return undefined;
  }
}
