import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { pack } from 'tar-stream';

import { readToEnd } from '../parts/read-to-end.ts';
import { readArchive, type ReleaseDocuments } from './read-release.ts';
import { MANIFEST, partName, SBOM, SIGNATURE } from './release-names.ts';

/** Returns the archive of a release with its documents and some of its parts only, for a host that has the others. */
export function partialRelease(
  path: string,
  { serialized, signature, sbom }: ReleaseDocuments,
  wanted: ReadonlySet<string>,
): Readable {
  const archive = pack();
  const adding = async (): Promise<void> => {
    archive.entry({ name: MANIFEST }, serialized);
    if (signature) archive.entry({ name: SIGNATURE }, signature);
    archive.entry({ name: SBOM }, sbom);
    await readArchive(path, {
      onPart: async ({ sha256, compressedBytes }, content) => {
        if (!wanted.has(sha256)) {
          await readToEnd(content);
          return;
        }
        await pipeline(content, archive.entry({ name: partName(sha256), size: compressedBytes }));
      },
    });
    archive.finalize();
  };
  adding().catch((error: unknown) => {
    archive.destroy(error as Error);
  });
  return Readable.from(archive, { objectMode: false });
}
