import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { pack } from 'tar-stream';

import { serializeManifest, type ReleaseManifest } from './release-manifest.ts';
import { MANIFEST, partName, SBOM, SIGNATURE } from './release-names.ts';

/** Content of the archive that {@link writeRelease} writes. */
export interface ReleaseContent {
  readonly manifest: ReleaseManifest;
  /** Ed25519 signature of the serialized manifest; `undefined` if it isn't signed. */
  readonly signature: Uint8Array | undefined;
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
