import { versionsFolder } from '../store/layout.ts';
import type { Manifest } from './manifest.ts';
import { decodeManifest } from './manifest-record.ts';
import { type KnownHeads, NumberedLog, type RecordFormat } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { MAX_RECORD_BYTES } from '../records/stored-record.ts';

/** The versions of one model. */
export type VersionLog = NumberedLog<Manifest>;

/** Opens the versions of `model`. */
export function versionLog(store: ObjectStore, model: string, heads?: KnownHeads): VersionLog {
  const format: RecordFormat<Manifest> = {
    maxBytes: MAX_RECORD_BYTES,
    decode(key, bytes, number) {
      const manifest = decodeManifest(key, bytes);
      if (manifest.model === model && manifest.version === number) return manifest;
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `${key} is the manifest of version ${manifest.version} of ${JSON.stringify(manifest.model)}: ` +
          'it was copied there; restore the right one from a backup',
      );
    },
  };
  return new NumberedLog(store, versionsFolder(model), format, heads);
}
