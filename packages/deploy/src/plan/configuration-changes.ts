import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

import { extract } from 'tar-stream';

import type { Carrier } from '../carriers/carrier.ts';
import { runOnHost } from '../hosts/run-on-host.ts';
import { readArchive } from '../release/read-release.ts';
import { lineChanges, type LineChange } from './line-changes.ts';

/** Configuration file that differs between the release that runs and another one. */
export interface ConfigurationChange {
  /** Path on the host. */
  readonly path: string;
  readonly action: 'add' | 'modify' | 'remove';
  /** Lines that are removed and added, in order; those around them are left out. */
  readonly lines: readonly LineChange[];
}

type Files = ReadonlyMap<string, string>;

/** Prints the files of the release that runs as an archive in Base64; nothing on a host without a release. */
const READ = `cd /opt/fairlead/current/files 2>/dev/null || exit 0
tar -chf - . | base64
`;

/**
 * Compares the configuration files of a release, such as those of Nginx and systemd, with those of the release that runs on a host;
 * changes nothing. They contain no secret.
 *
 * @throws DeployError `ERR_DEPLOY_HOST`, `ERR_DEPLOY_RELEASE_DAMAGED`
 *
 * @example
 * ```ts
 * import { configurationChanges } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const comparing = configurationChanges(localCarrier(), 'package.json');
 * console.log(await comparing.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function configurationChanges(
  carrier: Carrier,
  release: string,
): Promise<readonly ConfigurationChange[]> {
  const after = await filesOfRelease(release);
  const { stdout } = await runOnHost(carrier, ['sh', '-c', READ]);
  const before = await filesOf([Buffer.from(stdout, 'base64')]);
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths.flatMap((path) => {
    const [old, wanted] = [before.get(path), after.get(path)];
    if (old === wanted) return [];
    const action = old === undefined ? 'add' : wanted === undefined ? 'remove' : 'modify';
    return [{ path, action, lines: lineChanges(old ?? '', wanted ?? '') }];
  });
}

/** Reads the configuration files of a release by their paths on a host. */
async function filesOfRelease(release: string): Promise<Files> {
  const files = new Map<string, string>();
  await readArchive(release, {
    async onPart({ role }, archive) {
      const content: Uint8Array[] = [];
      for await (const chunk of archive) if (role === 'files') content.push(Uint8Array.from(chunk));
      if (role !== 'files') return;
      const unpacked = createGunzip();
      unpacked.end(Buffer.concat(content));
      for (const [path, text] of await filesOf(unpacked)) {
        files.set(path.replace(/^\/files/, ''), text);
      }
    },
  });
  return files;
}

/** Reads the regular files of a tar archive by their absolute paths. */
async function filesOf(archive: AsyncIterable<Uint8Array> | readonly Buffer[]): Promise<Files> {
  const reader = extract();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  const files = new Map<string, string>();
  if (chunks.every(({ length }) => length === 0)) return files;
  reader.end(Buffer.concat(chunks));
  for await (const entry of reader) {
    const content = String(await buffer(entry));
    if (entry.header.type === 'file') {
      files.set(`/${entry.header.name.replace(/^\.\//, '')}`, content);
    }
  }
  return files;
}
