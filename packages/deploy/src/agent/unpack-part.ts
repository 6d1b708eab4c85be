import { createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { readPart } from '../parts/read-part.ts';
import type { ReleasePart } from '../parts/release-part.ts';
import { partFolder, type HostPaths } from './host-paths.ts';
import { flushFolder } from './flush-folder.ts';

/** Name of the file that is written last. */
const COMPLETE = '.complete';

/** Checks whether a part was unpacked whole. */
export function isUnpacked(paths: HostPaths, sha256: string): boolean {
  return existsSync(join(partFolder(paths, sha256), COMPLETE));
}

/**
 * Unpacks a part, each file of which is compared with the manifest. A part that was begun before is unpacked again.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED`
 */
export async function unpackPart(
  paths: HostPaths,
  part: ReleasePart,
  archive: AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = partFolder(paths, part.sha256);
  const temporary = `${folder}.new`;
  for (const old of [folder, temporary]) await rm(old, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  try {
    await readPart(part, archive, async (file, content) => {
      // The manifest was checked: no path leads out of the folder, and none goes through a link.
      const path = join(temporary, file.path);
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      if ('target' in file) {
        await symlink(file.target, path);
        return;
      }
      const mode = Number.parseInt(file.mode, 8);
      await pipeline(content, createWriteStream(path, { flags: 'wx', mode }));
      await chmod(path, mode);
    });
    await flushFolder(temporary);
    await writeFile(join(temporary, COMPLETE), '');
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
