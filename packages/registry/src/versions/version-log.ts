import { type KnownHeads, NumberedLog } from '../records/numbered-log.ts';
import { MAX_RECORD_BYTES } from '../records/stored-record.ts';
import { versionsFolder } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Manifest } from './manifest.ts';

/** The versions of one model. */
export type VersionLog = NumberedLog<Manifest>;

/** Opens the versions of `model`. */
export function versionLog(store: ObjectStore, model: string, heads?: KnownHeads): VersionLog {
  return new NumberedLog<Manifest>(
    store,
    versionsFolder(model),
    {
      noun: 'a manifest',
      maxBytes: MAX_RECORD_BYTES,
      check: checkManifest,
      belongs: (manifest, number) => manifest.model === model && manifest.version === number,
      describe: ({ model: other, version }) =>
        `the manifest of version ${version} of ${JSON.stringify(other)}`,
    },
    heads,
  );
}

/** Checks a manifest; the schema, and zod, are loaded with the first one. */
async function checkManifest(key: string, record: unknown): Promise<Manifest> {
  const manifestRecord = await import('./manifest-record.ts');
  return manifestRecord.checkManifest(key, record);
}
