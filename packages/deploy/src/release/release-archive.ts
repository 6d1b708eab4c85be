import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { extract, pack } from 'tar-stream';

import {
  damaged,
  digestOf,
  parseManifest,
  serializeManifest,
  type ReleaseManifest,
} from './release-manifest.ts';

/** Names inside of the archive of a release. */
const MANIFEST = 'manifest.json';
const SIGNATURE = 'manifest.json.signature';
const SBOM = 'sbom.cdx.json';
const partName = (sha256: string) => `parts/${sha256}.tar.gz`;

/** Largest manifest, signature or bill of materials that is read, in bytes. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** Content of a release's archive beside its parts. */
export interface ReleaseDocuments {
  readonly manifest: ReleaseManifest;
  /** The manifest as it was signed. */
  readonly serialized: Buffer;
  /** SHA-256 of the manifest: the name of the release. */
  readonly digest: string;
  /** Ed25519 signature of the serialized manifest; `undefined` if it isn't signed. */
  readonly signature: Buffer | undefined;
  /** Bill of materials, CycloneDX in JSON. */
  readonly sbom: Buffer;
}

/** What {@link writeRelease} puts into an archive. */
export interface ReleaseContent {
  readonly manifest: ReleaseManifest;
  readonly signature?: Uint8Array | undefined;
  readonly sbom: string;
  /** Folder with `<sha256>.tar.gz` of each part. */
  readonly partsFolder: string;
}

/** Writes the archive of a release; resolves when the file is complete. */
export async function writeRelease(path: string, content: ReleaseContent): Promise<void> {
  const { manifest, signature, sbom, partsFolder } = content;
  const archive = pack();
  const temporary = `${path}.partial`;
  const base = { mtime: new Date(315_532_800_000), mode: 0o644 };
  try {
    const written = pipeline(archive, createWriteStream(temporary));
    const adding = (async () => {
      // Documents come first: they are read without the parts.
      archive.entry({ ...base, name: MANIFEST }, serializeManifest(manifest));
      if (signature) archive.entry({ ...base, name: SIGNATURE }, Buffer.from(signature));
      archive.entry({ ...base, name: SBOM }, sbom);
      for (const sha256 of new Set(manifest.parts.map((part) => part.sha256))) {
        const source = join(partsFolder, `${sha256}.tar.gz`);
        const { size } = await stat(source);
        const sink = archive.entry({ ...base, name: partName(sha256), size });
        await pipeline(createReadStream(source), sink);
      }
      archive.finalize();
    })();
    adding.catch((error: unknown) => {
      archive.destroy(error as Error);
    });
    await Promise.all([adding, written]);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Reads a release: its documents, and every part if `onPart` is given, in the order of the archive.
 *
 * @param onPart Receives the compressed archive of a part, which it must read to the end.
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` when it isn't complete, or not what its manifest says.
 */
export async function readRelease(
  path: string,
  onPart?: (sha256: string, archive: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<ReleaseDocuments> {
  const documents = new Map<string, Buffer>();
  const parts = new Set<string>();
  const reader = extract();
  const feeding = pipeline(createReadStream(path), reader).catch((error: unknown) => {
    reader.destroy(error as Error);
  });
  try {
    for await (const entry of reader) {
      const { name, size } = entry.header;
      const sha256 = /^parts\/([0-9a-f]{64})\.tar\.gz$/.exec(name)?.[1];
      if (sha256 !== undefined) {
        parts.add(sha256);
        if (onPart) await onPart(sha256, entry as AsyncIterable<Uint8Array>);
        else entry.resume();
      } else if ([MANIFEST, SIGNATURE, SBOM].includes(name)) {
        if (size > MAX_DOCUMENT_BYTES) throw damaged(`${name} has ${size} bytes`);
        documents.set(name, await buffer(entry));
      } else {
        throw damaged(`it has a file ${JSON.stringify(name.slice(0, 80))}, which no release has`);
      }
    }
  } catch (error) {
    if (error instanceof Error && /tar|unexpected end/i.test(error.message) && !('code' in error)) {
      throw damaged(`${path} is no complete archive`, error);
    }
    throw error;
  } finally {
    await feeding;
  }
  return check(documents, parts);
}

function check(
  documents: ReadonlyMap<string, Buffer>,
  parts: ReadonlySet<string>,
): ReleaseDocuments {
  const serialized = documents.get(MANIFEST);
  const sbom = documents.get(SBOM);
  if (serialized === undefined) throw damaged(`it has no ${MANIFEST}`);
  const manifest = parseManifest(serialized.toString());
  for (const { sha256, role } of manifest.parts) {
    if (!parts.has(sha256)) throw damaged(`the part ${role} (${sha256.slice(0, 12)}) is missing`);
  }
  if (sbom === undefined || digestOf(sbom) !== manifest.sbomSha256) {
    throw damaged(`${SBOM} isn't the one of the manifest`);
  }
  const digest = digestOf(serialized);
  return { manifest, serialized, digest, signature: documents.get(SIGNATURE), sbom };
}

/**
 * Checks every part of a release by its digest.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` naming the part.
 */
export async function verifyRelease(path: string): Promise<ReleaseDocuments> {
  return readRelease(path, async (sha256, archive) => {
    const hash = createHash('sha256');
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done();
      },
    });
    try {
      await pipeline(archive, createGunzip(), sink);
    } catch (cause) {
      throw damaged(`the part ${sha256.slice(0, 12)} can't be unpacked`, cause);
    }
    if (hash.digest('hex') !== sha256) {
      throw damaged(`the part ${sha256.slice(0, 12)} has another content than its name says`);
    }
  });
}
