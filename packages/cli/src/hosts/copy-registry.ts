import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Carrier } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import { fileError } from '../read-file.ts';
import { requireOnHost } from './run-program-on-host.ts';

/** Files of a registry that a host didn't have. */
export interface CopiedRegistry {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
}

/** File of a registry. Each is written once, and never changed. */
interface RegistryFile {
  /** Path inside of the registry. */
  readonly key: string;
  readonly bytes: number;
}

/**
 * Unpacks files beside the registry, then links each to its place at once: a gateway that reads finds a whole file or none.
 */
const RECEIVE = `set -eu
umask 022
stage="$1.incoming"
rm -rf "$stage"
mkdir -p "$1" "$stage"
trap 'rm -rf "$stage"' EXIT
tar -xf - --no-same-owner -C "$stage"
sync
cp -Rln "$stage/." "$1/"
`;

/** Prints SHA-256, size and path of the records, and size and path of the artifacts, which are named by their SHA-256. */
const LIST = `cd "$1" 2>/dev/null || exit 0
find blobs models -type f -printf '%s %p\\n' 2>/dev/null || :
echo
find models -type f -exec sha256sum {} + 2>/dev/null || :
`;

/**
 * Copies what a host lacks of a registry in a folder: artifacts first, aliases last, so that no alias points to a version that isn't
 * there yet.
 *
 * @throws CliError `ERR_CLI_FILE` when the folder is no registry, `ERR_CLI_CHECK_FAILED` when the host has another history;
 * DeployError `ERR_DEPLOY_HOST`
 */
export async function copyRegistry(
  carrier: Carrier,
  { folder, path }: { readonly folder: string; readonly path: string },
  dryRun: boolean,
): Promise<CopiedRegistry> {
  const files = await registryFiles(folder);
  const listing = await requireOnHost(carrier, ['sh', '-c', LIST, 'sh', path]);
  const present = await compare(carrier, folder, files, listing.stdout);
  const missing = files.filter(({ key }) => !present.has(key));
  const report = { path, files: missing.length, bytes: sum(missing) };
  if (dryRun) return report;
  const isAlias = ({ key }: RegistryFile): boolean => /^models\/[^/]+\/aliases\//.test(key);
  await send(
    carrier,
    folder,
    path,
    missing.filter((file) => !isAlias(file)),
  );
  await send(carrier, folder, path, missing.filter(isAlias));
  return report;
}

function sum(files: readonly RegistryFile[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

async function registryFiles(folder: string): Promise<readonly RegistryFile[]> {
  const keys = await Promise.all(
    ['blobs', 'models'].map(async (part) => {
      const found = await readdir(join(folder, part), {
        recursive: true,
        withFileTypes: true,
      }).catch(() => []);
      return found
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    }),
  );
  const files = keys.flat().sort();
  if (files.length === 0) {
    throw fileError(
      folder,
      'a registry',
      new Error('it has no model: fairlead model push registers one'),
    );
  }
  return Promise.all(
    files.map(async (key) => ({ key, bytes: (await stat(join(folder, key))).size })),
  );
}

/** Returns the files that the host has, and rejects a host whose records are others. */
async function compare(
  carrier: Carrier,
  folder: string,
  files: readonly RegistryFile[],
  listing: string,
): Promise<ReadonlySet<string>> {
  const [sizes = '', digests = ''] = listing.split('\n\n');
  const remote = new Map(
    sizes.split('\n').map((line) => [line.slice(line.indexOf(' ') + 1), Number.parseInt(line, 10)]),
  );
  const records = new Map(digests.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
  const present = new Set<string>();
  for (const { key, bytes } of files) {
    const found = remote.get(key);
    if (found === undefined) continue;
    present.add(key);
    const digest = records.get(key);
    const same =
      digest === undefined
        ? found === bytes
        : digest ===
          createHash('sha256')
            .update(await readFile(join(folder, key)))
            .digest('hex');
    if (same) continue;
    throw new CliError(
      'ERR_CLI_CHECK_FAILED',
      `the registry on ${carrier.host} has another ${key} than ${folder}: each was changed without the other; keep one of them, or use a registry in S3`,
    );
  }
  return present;
}

async function send(
  carrier: Carrier,
  folder: string,
  path: string,
  files: readonly RegistryFile[],
): Promise<void> {
  if (files.length === 0) return;
  const archive = spawn('tar', ['-C', folder, '-cf', '-', '--null', '-T', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  archive.stdin.end(files.map(({ key }) => `${key}\0`).join(''));
  await requireOnHost(carrier, ['sh', '-c', RECEIVE, 'sh', path], { stdin: archive.stdout });
}
