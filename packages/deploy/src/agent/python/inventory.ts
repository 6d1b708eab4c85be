import { lstat, open, readdir, readFile, readlink, rename } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

/** Name of the file that is written last: it shows that the environment is complete, and lists its files. */
const READY = '.ready';

const schema = z.strictObject({
  format: z.literal('fairlead-venv/1'),
  /** Size, mode and time of the last change of each file; the target of a link. */
  files: z.record(z.string(), z.string()),
});

/** Descriptions of files by their path inside of a folder. */
type Inventory = ReadonlyMap<string, string>;

/** Describes every file of a folder without reading its content: a virtual environment has ten thousand. */
async function describeFiles(folder: string): Promise<Inventory> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (name.startsWith(READY)) continue;
    files.set(name, await describe(path));
  }
  return files;
}

async function describe(path: string): Promise<string> {
  const stats = await lstat(path);
  const { size, mode, mtimeMs, uid, gid } = stats;
  if (stats.isSymbolicLink()) return `link to ${await readlink(path)}`;
  const changed = new Date(mtimeMs).toISOString();
  return `${size} bytes, mode ${(mode & 0o7777).toString(8)}, owner ${uid}:${gid}, changed ${changed}`;
}

/** Marks an environment as complete, with the list of its files. */
export async function writeInventory(folder: string): Promise<void> {
  const files = Object.fromEntries(await describeFiles(folder));
  const temporary = join(folder, `${READY}.new`);
  const file = await open(temporary, 'w', 0o644);
  try {
    await file.writeFile(`${JSON.stringify({ format: 'fairlead-venv/1', files })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, READY));
}

/** Reads the list of an environment's files; `undefined` if it isn't complete. */
export async function readInventory(folder: string): Promise<Inventory | undefined> {
  try {
    const { files } = schema.parse(JSON.parse(await readFile(join(folder, READY), 'utf8')));
    return new Map(Object.entries(files));
  } catch {
    return undefined;
  }
}

/** A file that isn't as it was installed. */
interface ChangedFile {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** Finds files of an environment that aren't as they were installed, that are missing, or that were added. */
export async function findChanges(
  folder: string,
  inventory: Inventory,
): Promise<readonly ChangedFile[]> {
  const present = await describeFiles(folder);
  const changes: ChangedFile[] = [];
  for (const [name, expected] of inventory) {
    const found = present.get(name) ?? 'missing';
    if (found !== expected) changes.push({ path: join(folder, name), found, expected });
  }
  for (const name of present.keys()) {
    if (inventory.has(name)) continue;
    changes.push({ path: join(folder, name), found: 'a file more', expected: 'missing' });
  }
  return changes;
}
