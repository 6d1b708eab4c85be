import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { describeValue } from '@fairlead/signature';
import { extract } from 'tar-stream';

import { checkOptions, checkText } from '../check-options.ts';
import { damaged, DeployError } from '../deploy-error.ts';
import { readToEnd } from '../parts/read-to-end.ts';
import type { ReleasePart } from '../parts/release-part.ts';
import { checkSignature, readPublicKeys } from './check-signature.ts';
import { parseManifest } from './parse-manifest.ts';
import { digestOf, type ReleaseManifest } from './release-manifest.ts';
import { MANIFEST, partName, SBOM, SIGNATURE } from './release-names.ts';

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

/** Receives the compressed archive of a part, which it must read to the end. */
type OnPart = (part: ReleasePart, archive: AsyncIterable<Uint8Array>) => Promise<void>;

/** Options of {@link readRelease}. */
export interface ReadReleaseOptions {
  /** Ed25519 public keys (PEM), one of which must have signed the release. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
}

/**
 * Reads the manifest, the signature and the bill of materials of a release; its parts are only found to be there.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` when the archive isn't complete, or isn't as its manifest says;
 * `ERR_DEPLOY_RELEASE_UNTRUSTED` when none of `trustedKeys` has signed it; `ERR_DEPLOY_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { readRelease } from '@fairlead/deploy';
 *
 * const problem = await readRelease('package.json').catch((error) => error.code);
 * console.log(problem); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function readRelease(
  path: string,
  options: ReadReleaseOptions = {},
): Promise<ReleaseDocuments> {
  checkText('path', 'the path of a release', path);
  checkOptions('readRelease', options, { trustedKeys: 'optional' });
  const { trustedKeys } = options;
  if (trustedKeys !== undefined) readPublicKeys(trustedKeys);
  const documents = await readArchive(path);
  if (trustedKeys !== undefined) checkSignature(documents, trustedKeys);
  return documents;
}

/** Options of {@link readArchive}. */
export interface ReadArchiveOptions {
  readonly onPart?: OnPart;
  /** Accepts an archive without some of its parts, which the host has. @defaultValue `false` */
  readonly partial?: boolean;
}

/** Reads a release, each part as soon as it is reached. */
export async function readArchive(
  path: string,
  { onPart = (_, archive) => readToEnd(archive), partial = false }: ReadArchiveOptions = {},
): Promise<ReleaseDocuments> {
  const documents = new Map<string, Buffer>();
  const parts = new Set<string>();
  let manifest: ReleaseManifest | undefined;
  const reader = extract();
  const feeding = pipeline(createReadStream(path), reader).catch((error: unknown) => {
    reader.destroy(error as Error);
  });
  try {
    for await (const entry of reader) {
      const { name, size, type } = entry.header;
      const seen = documents.has(name) || parts.has(name);
      if (type !== 'file' || seen)
        throw damaged(`${describeValue(name)} is no file, or there twice`);
      if ([MANIFEST, SIGNATURE, SBOM].includes(name)) {
        if (size > MAX_DOCUMENT_BYTES) throw damaged(`${name} has ${size} bytes`);
        documents.set(name, await buffer(entry));
        if (name === MANIFEST) manifest = parseManifest(String(documents.get(name)));
        continue;
      }
      const part = manifest?.parts.find(({ sha256 }) => partName(sha256) === name);
      if (part === undefined) throw damaged(`its manifest has no file ${describeValue(name)}`);
      if (size !== part.compressedBytes) throw damaged(`${name} has ${size} bytes`);
      parts.add(name);
      await onPart(part, entry as AsyncIterable<Uint8Array>);
    }
  } catch (error) {
    // Of the archive's format; errors of files have a code.
    if (error instanceof Error && !(error instanceof DeployError) && !('code' in error)) {
      throw damaged(`${path} is no complete archive`, error);
    }
    throw error;
  } finally {
    reader.destroy();
    await feeding;
  }
  if (!partial) checkParts(manifest, parts);
  return complete(documents, manifest);
}

function checkParts(manifest: ReleaseManifest | undefined, parts: ReadonlySet<string>): void {
  for (const { sha256, role } of manifest?.parts ?? []) {
    if (parts.has(partName(sha256))) continue;
    throw damaged(`the part ${role} (${sha256.slice(0, 12)}) is missing`);
  }
}

function complete(
  documents: ReadonlyMap<string, Buffer>,
  manifest: ReleaseManifest | undefined,
): ReleaseDocuments {
  const serialized = documents.get(MANIFEST);
  const sbom = documents.get(SBOM);
  if (manifest === undefined || serialized === undefined) throw damaged(`it has no ${MANIFEST}`);
  if (sbom === undefined || digestOf(sbom) !== manifest.sbomSha256) {
    throw damaged(`${SBOM} isn't the one of the manifest`);
  }
  const signature = documents.get(SIGNATURE);
  return { manifest, serialized, digest: digestOf(serialized), signature, sbom };
}
