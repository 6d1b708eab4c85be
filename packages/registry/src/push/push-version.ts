import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { checkAuditText } from '../audit-text.ts';
import { keepBlob } from '../versions/blob.ts';
import { checkGoldenExamples } from '../versions/golden-example-check.ts';
import type { Manifest } from '../versions/manifest.ts';
import { encodeManifest } from '../versions/manifest-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { contentOf, type PushRequest, readContent } from './push-request.ts';
import { FORMAT_VERSION } from '../records/record-schema.ts';
import { RegistryError } from '../registry-error.ts';
import type { VersionLog } from '../versions/version-log.ts';

/** What a push came to. */
export interface PushResult {
  readonly manifest: Manifest;
  /** Whether this push created the version; else it had been there unchanged. */
  readonly created: boolean;
}

/** Keeps the files of `request`, and once all of them are durable, writes the manifest under the next free number. */
export async function pushVersion(
  store: ObjectStore,
  log: VersionLog,
  request: PushRequest,
  now: () => Date,
): Promise<PushResult> {
  checkAuditText('actor', request.actor);
  const content = await readContent(request);
  const occasion = {
    created: now().toISOString(),
    actor: request.actor,
    nonce: randomUUID(),
  };
  const write = (version: number): Uint8Array =>
    encodeManifest({ formatVersion: FORMAT_VERSION, version, ...occasion, ...content });

  // Read back before anything is kept: what a reader would refuse is never written.
  const draft = log.decode(1, write(1));
  checkGoldenExamples(draft);
  for (const file of content.files) await keepBlob(store, file, request.files[file.path] ?? '');

  for (let version = (await log.head()) + 1; ;) {
    if (request.skipIfUnchanged === true) {
      const newest = await log.read(version - 1);
      if (newest !== undefined && isDeepStrictEqual(contentOf(newest), contentOf(draft))) {
        return { manifest: newest, created: false };
      }
    }
    const bytes = write(version);
    if (await log.create(version, bytes)) {
      return { manifest: log.decode(version, bytes), created: true };
    }
    const taken = await log.head();
    if (taken < version) throw occupied(log.keyOf(version));
    version = taken + 1;
  }
}

function occupied(key: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_STORE_FOREIGN',
    `cannot create ${key}: something that is not a manifest has its name; move it out of the store`,
  );
}
