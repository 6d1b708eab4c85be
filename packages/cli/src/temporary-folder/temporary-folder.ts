import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded, ownerOfThisProcess } from './folder-owner.ts';

/** Purpose, owner and a random suffix. */
const NAME = /^fairlead-(?:serve|captures)-([\d.]+)-\w+$/;

/** A folder that only this account can read, until it is removed. */
export class TemporaryFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates a folder, and removes the folders of processes that were killed before they could. */
  static async create(purpose: 'serve' | 'captures'): Promise<TemporaryFolder> {
    await removeAbandoned(tmpdir()).catch(() => undefined);
    const prefix = `fairlead-${purpose}-${ownerOfThisProcess()}-`;
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), prefix)));
  }

  /** Writes a file that only this account can read; resolves to its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Removes folders of this account whose process has ended. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, owner] = NAME.exec(name) ?? [];
    if (owner === undefined || !hasEnded(owner)) continue;
    const path = join(parent, name);
    // Removed by another command at the same time.
    const stats = await lstat(path).catch(() => undefined);
    // A link is none of these folders.
    if (stats?.uid !== process.getuid?.() || !stats?.isDirectory()) continue;
    await rm(path, { recursive: true, force: true });
  }
}
