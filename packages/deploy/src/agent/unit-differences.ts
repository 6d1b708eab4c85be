import { readdir, readlink } from 'node:fs/promises';

import type { ReleaseManifest } from '../release/release-manifest.ts';
import { releaseFolder, type HostPaths } from './host-paths.ts';
import type { Difference } from './difference.ts';
import { runProgram } from './run-program.ts';
import { unitsOf } from './units.ts';

const PROPERTIES = ['ActiveState', 'UnitFileState', 'NeedDaemonReload', 'DropInPaths', 'MainPID'];

/** Compares the units of a release, and Nginx, with what runs: states, drop-ins of others, and the programs of the processes. */
export async function unitDifferences(
  paths: HostPaths,
  digest: string,
  manifest: ReleaseManifest,
): Promise<readonly Difference[]> {
  const { services, sockets, timers, jobs } = unitsOf(manifest);
  const own = new Set(manifest.hostFiles.map(({ path }) => path));
  const differences: Difference[] = [];
  for (const unit of [...sockets, ...services, ...timers, ...jobs, 'nginx.service']) {
    const show = ['show', unit, `--property=${PROPERTIES.join(',')}`];
    const { stdout } = await runProgram('systemctl', show);
    const values = new Map(
      stdout.split('\n').map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
    );
    const expect = (name: string, expected: string): void => {
      const found = values.get(name) ?? '';
      if (found !== expected) {
        differences.push({
          subject: unit,
          found: `${name}=${found}`,
          expected: `${name}=${expected}`,
        });
      }
    };
    if (jobs.includes(unit)) {
      if (values.get('ActiveState') === 'failed') expect('ActiveState', 'inactive');
    } else {
      expect('ActiveState', 'active');
      expect('UnitFileState', 'enabled');
    }
    expect('NeedDaemonReload', 'no');
    const loaded = (values.get('DropInPaths') ?? '').split(' ');
    for (const path of new Set([...loaded, ...(await dropInsOf(unit))])) {
      if (path === '' || own.has(path)) continue;
      differences.push({ subject: path, found: `a drop-in of ${unit}`, expected: 'missing' });
    }
    const pid = values.get('MainPID') ?? '0';
    if (!services.includes(unit) || pid === '0') continue;
    const program = await readlink(`/proc/${pid}/exe`).catch(() => 'missing');
    // Programs of the operating system, such as Python, are in no release.
    if (!program.startsWith(`${paths.root}/`)) continue;
    const folder = `${releaseFolder(paths, digest)}/`;
    if (program.startsWith(folder)) continue;
    differences.push({
      subject: unit,
      found: `runs ${program}`,
      expected: `a program in ${folder}`,
    });
  }
  return differences;
}

/** Lists drop-ins that systemd reads at its next reload. */
async function dropInsOf(unit: string): Promise<readonly string[]> {
  const folders = ['/etc/systemd/system', '/etc/systemd/system.control', '/run/systemd/system'];
  const lists = await Promise.all(
    folders.map(async (parent) => {
      const folder = `${parent}/${unit}.d`;
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => name.endsWith('.conf')).map((name) => `${folder}/${name}`);
    }),
  );
  return lists.flat();
}
