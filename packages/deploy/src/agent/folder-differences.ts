import { readFile, stat } from 'node:fs/promises';

import type { ReleaseManifest } from '../release/release-manifest.ts';
import { releaseFolder, type HostPaths } from './host-paths.ts';
import type { Difference } from './difference.ts';
import { runProgram } from './run-program.ts';

/** Line of a rendered tmpfiles.d: a folder, or the mode of a file that may exist. */
const TMPFILES_LINE = /^([dz]) "((?:[^"\\]|\\.)*)" (:?)(\d{4}) :?(\S+) :?(\S+)$/;
/** Line of a rendered sysusers.d: an account or a group. */
const SYSUSERS_LINE = /^([ug]) (\S+) /;

/** Compares accounts, folders, and modes of secrets with the rendered sysusers.d and tmpfiles.d. */
export async function folderDifferences(
  paths: HostPaths,
  digest: string,
  { hostFiles }: ReleaseManifest,
): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const { path } of hostFiles) {
    if (!/^\/etc\/(?:sysusers|tmpfiles)\.d\//.test(path)) continue;
    const text = await readFile(`${releaseFolder(paths, digest)}/files${path}`, 'utf8');
    for (const line of text.split('\n')) {
      const found = path.startsWith('/etc/sysusers.d/')
        ? await accountDifference(line)
        : await modeDifference(line);
      if (found !== undefined) differences.push(found);
    }
  }
  return differences;
}

async function accountDifference(line: string): Promise<Difference | undefined> {
  const [, kind, name] = SYSUSERS_LINE.exec(line) ?? [];
  if (name === undefined) return undefined;
  const [database, noun] = kind === 'u' ? ['passwd', 'account'] : ['group', 'group'];
  const { code, stdout } = await runProgram('getent', [database, name]);
  const subject = `${noun} ${name}`;
  if (code !== 0) return { subject, found: 'missing', expected: `the ${noun} exists` };
  const shell = stdout.trim().split(':').at(-1);
  if (kind !== 'u' || shell === '/usr/sbin/nologin') return undefined;
  return { subject, found: `shell ${shell ?? ''}`, expected: 'shell /usr/sbin/nologin' };
}

async function modeDifference(line: string): Promise<Difference | undefined> {
  const [, kind, quoted = '', onlyNew, mode = '', user = '', group = ''] =
    TMPFILES_LINE.exec(line) ?? [];
  if (kind === undefined) return undefined;
  const path = quoted.replaceAll(/\\(.)/g, '$1').replaceAll('%%', '%');
  let stats;
  try {
    stats = await stat(path);
  } catch {
    if (kind === 'z') return undefined;
    return { subject: path, found: 'missing', expected: `a folder of ${user}` };
  }
  // Mode and owner of such a folder are for a new one only.
  if (onlyNew === ':') return undefined;
  const [uid, gid] = [await idOf('passwd', user), await idOf('group', group)];
  const expected = `${mode} ${uid}:${gid}`;
  const found = `${(stats.mode & 0o7777).toString(8).padStart(4, '0')} ${stats.uid}:${stats.gid}`;
  return found === expected ? undefined : { subject: path, found, expected };
}

async function idOf(database: 'passwd' | 'group', name: string): Promise<string> {
  const { stdout } = await runProgram('getent', [database, name]);
  return stdout.split(':')[2] ?? name;
}
