import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';

import type { ReleaseManifest } from '../release/release-manifest.ts';
import { flushFolder } from './flush-folder.ts';
import { hostError } from './host-error.ts';
import { placeLinks, replaceLink } from './host-links.ts';
import { currentLink, releaseFolder, type HostPaths } from './host-paths.ts';
import type { OnStep } from './on-step.ts';
import { reloadNginx } from './nginx/reload-nginx.ts';
import { runProgram } from './run-program.ts';
import { unitsOf } from './units.ts';

/** Returns the digest of the release that `current` leads to; `undefined` on a new host. */
export async function currentDigest(paths: HostPaths): Promise<string | undefined> {
  try {
    return /^releases\/([0-9a-f]{64})$/.exec(await readlink(currentLink(paths)))?.[1];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes a release the one that runs: one rename exchanges its programs and its configuration, then its services restart. Sockets of
 * systemd stay open, except of a unit whose text changed.
 *
 * @param before the release that ran, if its files are known
 */
export async function switchRelease(
  paths: HostPaths,
  digest: string,
  manifest: ReleaseManifest,
  { before, onStep }: { readonly before: ReleaseFiles | undefined; readonly onStep: OnStep },
): Promise<void> {
  onStep('switch');
  await replaceLink(`releases/${digest}`, currentLink(paths));
  await placeLinks(paths, manifest, before?.manifest);
  await flushFolder(paths.root);
  onStep('restart');
  await restart(paths, digest, manifest, before);
}

/** A release on the host. */
export interface ReleaseFiles {
  readonly digest: string;
  readonly manifest: ReleaseManifest;
}

async function restart(
  paths: HostPaths,
  digest: string,
  manifest: ReleaseManifest,
  before: ReleaseFiles | undefined,
): Promise<void> {
  const { services, sockets, timers, jobs } = unitsOf(manifest);
  const old = before ? unitsOf(before.manifest) : undefined;
  const gone = [
    ...[...(old?.services ?? []), ...(old?.sockets ?? [])],
    ...[...(old?.timers ?? []), ...(old?.jobs ?? [])],
  ].filter((name) => ![...services, ...sockets, ...timers, ...jobs].includes(name));
  if (gone.length > 0) await runProgram('systemctl', ['disable', '--now', '--quiet', ...gone]);
  await must('systemctl', ['daemon-reload']);
  // Units that failed before don't start again by themselves.
  await runProgram('systemctl', ['reset-failed', ...services, ...sockets, ...timers]);
  await must('systemctl', ['enable', '--quiet', ...services, ...sockets, ...timers]);

  const changed = await changedFiles(paths, digest, manifest, before);
  for (const [file, unit] of [
    ['/etc/systemd/journald.conf.d/', 'systemd-journald.service'],
    ['/etc/systemd/timesyncd.conf.d/', 'systemd-timesyncd.service'],
  ] as const) {
    // A host without time synchronization by systemd has no such unit.
    if (changed.some((path) => path.startsWith(file))) {
      await runProgram('systemctl', ['try-restart', unit]);
    }
  }
  const newSockets = sockets.filter((name) => changed.some((path) => path.endsWith(`/${name}`)));
  if (newSockets.length > 0) {
    // A socket can't change under a running service.
    await runProgram('systemctl', ['stop', ...services]);
    await must('systemctl', ['restart', ...newSockets]);
  }
  if (sockets.length > 0) await must('systemctl', ['start', ...sockets]);
  // A service that can't start is reported by the gate, with its log.
  if (services.length > 0) await runProgram('systemctl', ['restart', ...services]);
  const nginx = manifest.hostFiles.find(({ role }) => role === 'nginx');
  if (nginx !== undefined) {
    await must('systemctl', ['enable', '--quiet', 'nginx.service']);
    const { code, stderr } = await reloadNginx(nginx.path);
    if (code !== 0) throw hostError(`Nginx can't be reloaded (${code}): ${stderr.trim()}`);
  }
  // After Nginx: an authority checks it before it issues a certificate.
  const newTimers = timers.filter((name) => changed.some((path) => path.endsWith(`/${name}`)));
  if (newTimers.length > 0) await must('systemctl', ['restart', ...newTimers]);
  if (timers.length > 0) await must('systemctl', ['start', ...timers]);
}

/** Returns the files of the host whose content differs from that of the release before; all of them without one. */
async function changedFiles(
  paths: HostPaths,
  digest: string,
  { hostFiles }: ReleaseManifest,
  before: ReleaseFiles | undefined,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { path } of hostFiles) {
    const [now, old] = [digest, before?.digest].map(
      (each) => each && `${releaseFolder(paths, each)}/files${path}`,
    );
    const isSame =
      now !== undefined &&
      old !== undefined &&
      existsSync(old) &&
      (await readFile(now)).equals(await readFile(old));
    if (!isSame) changed.push(path);
  }
  return changed;
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(program, args);
  if (code !== 0)
    throw hostError(`${[program, ...args].join(' ')} failed (${code}): ${stderr.trim()}`);
}
