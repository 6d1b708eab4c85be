import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { checkGoldenExamples } from '@fairlead/signature';
import { checkAuditText } from '../checks/audit-text.ts';
import { keepBlob } from '../blobs/blob.ts';
import type { Manifest } from '../versions/manifest.ts';
import { encodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { runValidation } from './validate.ts';
import { readUnchanged } from '../blobs/blob-source.ts';
import { contentOf, type PushRequest, readContent, reported } from './push-request.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { withBlobLease } from '../leases/blob-lease.ts';
import type { VersionLog } from '../versions/version-log.ts';

/** Result of a push. */
export interface PushResult {
  readonly manifest: Manifest;
  /** True if this push created the version; false if it existed unchanged. */
  readonly created: boolean;
  /** Measurements of `validate`, if it was run. */
  readonly measured?: Readonly<Record<string, number>>;
}

/** Stores the files of `request`, and when all of them are durable, writes the manifest under the next free number. */
export async function pushVersion(
  store: ObjectStore,
  log: VersionLog,
  request: PushRequest,
  now: () => Date,
): Promise<PushResult> {
  checkAuditText('actor', request.actor);
  const content = await readContent(request);
  const provenance = {
    created: now().toISOString(),
    actor: request.actor,
    nonce: randomUUID(),
  };
  const write = (version: number, trial?: Manifest['trial']): Uint8Array =>
    encodeRecord({
      formatVersion: FORMAT_VERSION,
      version,
      ...provenance,
      ...content,
      ...(trial && { trial }),
    });

  // Decoded before anything is stored: a record that readers reject is never written.
  const decode = (version: number): Promise<Manifest> =>
    log.decode(version, write(version), `the new version of ${content.model}`);
  const draft = await decode(1);
  requireFittingExamples(draft);
  const { validate, onProgress, skipIfUnchanged = false } = request;
  const unchanged = skipIfUnchanged
    ? await newestUnchanged(log, await log.head(), draft)
    : undefined;
  // An unchanged version was validated when it was pushed.
  const found =
    validate && unchanged === undefined
      ? await runValidation(validate, {
          // A free number, so that messages of the validation name no existing version.
          manifest: await decode((await log.head()) + 1),
          read: (path) => readCandidate(request, content, path),
        })
      : {};
  const { measured, trial } = found;
  const sha256s = content.files.map(({ sha256 }) => sha256);
  return withBlobLease(
    store,
    sha256s,
    async (lease) => {
      do {
        for (const file of content.files) {
          await keepBlob(store, file, request.files[file.path] ?? '', (body) =>
            reported(body, file.path, 'storing', request),
          );
          onProgress?.({ path: file.path, phase: 'stored', bytes: file.size });
        }
      } while (await lease.renew());
      const { record: manifest, created } = await log.append(async (version) => {
        const same = skipIfUnchanged ? await newestUnchanged(log, version - 1, draft) : undefined;
        return same ? { existing: same } : write(version, trial);
      });
      return { manifest, created, ...(created && measured && { measured }) };
    },
    now,
  );
}

function requireFittingExamples({ signature, goldenExamples }: Manifest): void {
  try {
    checkGoldenExamples(signature, goldenExamples);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError('ERR_REGISTRY_INVALID_MANIFEST', why, { cause });
  }
}

async function newestUnchanged(
  log: VersionLog,
  head: number,
  draft: Manifest,
): Promise<Manifest | undefined> {
  const newest = head === 0 ? undefined : await log.read(head);
  return newest && isDeepStrictEqual(contentOf(newest), contentOf(draft)) ? newest : undefined;
}

/** Reads a file of the push into memory. */
async function readCandidate(
  request: PushRequest,
  { files }: Pick<Manifest, 'files'>,
  path: string,
): Promise<Uint8Array> {
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) {
    throw new RegistryError(
      'ERR_REGISTRY_FILE_NOT_FOUND',
      `there is no file ${JSON.stringify(path)} to push`,
    );
  }
  const chunks: Uint8Array[] = [];
  // Each chunk is only valid until the next one.
  for await (const chunk of readUnchanged(path, request.files[path] ?? '', file)) {
    chunks.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(chunks);
}
