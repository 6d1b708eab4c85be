import { existsSync } from 'node:fs';
import { link, mkdir, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { damaged } from '../deploy-error.ts';
import { thisPlatform } from '../platform.ts';
import { readToEnd } from '../parts/read-to-end.ts';
import { readArchive } from '../release/read-release.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import { checkSignature } from '../release/check-signature.ts';
import type { RestoreReport, RestoreSource } from './backup/restore-host.ts';
import { placePlaceholder } from './certificate/placeholder.ts';
import { checkFiles } from './check-files.ts';
import { flushFolder } from './flush-folder.ts';
import { restore } from './host-backup.ts';
import { hostError } from './host-error.ts';
import { partFolder, releaseFolder, type HostPaths } from './host-paths.ts';
import type { OnStep } from './on-step.ts';
import { runProgram } from './run-program.ts';
import { compileApplication } from './python/application-bytecode.ts';
import { environmentPaths } from './python/environment-paths.ts';
import { findPython } from './python/find-python.ts';
import { installPackages } from './python/install-packages.ts';
import { readInventory } from './python/inventory.ts';
import { placeMissingSecrets } from './secrets/place-secrets.ts';
import { isUnpacked, unpackPart } from './unpack-part.ts';

/** Options of {@link prepare}. */
export interface PrepareOptions {
  /** Path of the archive on the host; parts that the host has may be missing in it. */
  readonly archive: string;
  /** Digest of the release that is expected. */
  readonly digest: string;
  /** Ed25519 public keys (PEM), one of which must have signed the release. @defaultValue a signature isn't required */
  readonly trustedKeys?: readonly string[] | undefined;
  /** Backup that is restored before the secrets are read. @defaultValue nothing is restored */
  readonly restoreFrom?: RestoreSource | undefined;
  readonly onStep: OnStep;
}

/** Result of a preparation. */
interface Preparation {
  readonly manifest: ReleaseManifest;
  readonly restored: RestoreReport | undefined;
}

/** Bytes that stay free on the disk after the parts were unpacked. */
const RESERVE_BYTES = 256 * 1024 * 1024;

/**
 * Puts a release on the host beside the one that runs, which isn't touched: unpacks the parts that are missing, creates accounts and
 * folders, and checks the files with Nginx and systemd. Does nothing the second time.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_RELEASE_UNTRUSTED`, or `ERR_DEPLOY_HOST`
 */
export async function prepare(paths: HostPaths, options: PrepareOptions): Promise<Preparation> {
  const { archive, digest, trustedKeys, onStep } = options;
  onStep('verify');
  const documents = await readArchive(archive, { partial: true });
  const { manifest, serialized } = documents;
  if (documents.digest !== digest) {
    throw damaged(`its digest is ${documents.digest.slice(0, 12)}, not ${digest.slice(0, 12)}`);
  }
  if (trustedKeys !== undefined) checkSignature(documents, trustedKeys);
  if (manifest.platform !== thisPlatform()) {
    throw hostError(
      `The release is for ${manifest.platform}, but this host is ${process.platform}-${process.arch}. Build it for the host's platform.`,
    );
  }
  const missing = manifest.parts.filter(({ sha256 }) => !isUnpacked(paths, sha256));
  if (manifest.python !== undefined) await findPython(manifest.python.version);
  const partBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  await checkSpace(paths, partBytes + (await environmentBytes(paths, manifest)));

  onStep('unpack');
  await readArchive(archive, {
    partial: true,
    onPart: async ({ sha256 }, content) => {
      // As the manifest that was checked describes it, not one that was exchanged after that.
      const part = missing.find((each) => each.sha256 === sha256);
      if (part) await unpackPart(paths, part, content);
      else await readToEnd(content);
    },
  });
  const absent = missing.find(({ sha256 }) => !isUnpacked(paths, sha256));
  if (absent !== undefined) throw damaged(`the part ${absent.role} is missing`);
  if (manifest.python !== undefined) {
    onStep('python');
    await installPackages(paths, manifest);
  }
  await assemble(paths, digest, manifest, serialized);

  onStep('accounts');
  await createAccounts(releaseFolder(paths, digest), manifest);
  let restored: RestoreReport | undefined;
  if (options.restoreFrom !== undefined) {
    onStep('restore');
    restored = await restore(manifest, options.restoreFrom);
  }
  await placeMissingSecrets(manifest, onStep);
  await placePlaceholder(manifest.certificate);
  onStep('check');
  await checkFiles(paths, digest, manifest);
  return { manifest, restored };
}

/** Returns the size of a virtual environment that is missing: its files, those compiled from them, and pip. */
async function environmentBytes(paths: HostPaths, manifest: ReleaseManifest): Promise<number> {
  const environment = environmentPaths(paths, manifest);
  if (environment === undefined || (await readInventory(environment.folder)) !== undefined) {
    return 0;
  }
  return 1.5 * (manifest.python?.installedBytes ?? 0) + 32e6;
}

async function checkSpace({ root }: HostPaths, bytes: number): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o755 });
  const { bavail, bsize } = await statfs(root);
  if (bytes === 0 || bavail * bsize >= bytes + RESERVE_BYTES) return;
  throw hostError(
    `${root} has ${Math.floor((bavail * bsize) / 1e6)} MB free, but the release needs ${Math.ceil((bytes + RESERVE_BYTES) / 1e6)} MB. Free disk space.`,
  );
}

/** Makes the folder of a release of links to the files of its parts. */
async function assemble(
  paths: HostPaths,
  digest: string,
  manifest: ReleaseManifest,
  serialized: Buffer,
): Promise<void> {
  const folder = releaseFolder(paths, digest);
  if (existsSync(join(folder, 'manifest.json'))) return;
  const temporary = `${folder}.new`;
  for (const old of [folder, temporary]) await rm(old, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  for (const { sha256, files } of manifest.parts) {
    for (const file of files) {
      const path = join(temporary, file.path);
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      if ('target' in file) await symlink(file.target, path);
      else await link(join(partFolder(paths, sha256), file.path), path);
    }
  }
  const environment = environmentPaths(paths, manifest);
  if (environment !== undefined) {
    await symlink(`../../venvs/${environment.name}`, join(temporary, 'venv'));
    await compileApplication(`${environment.folder}/bin/python`, temporary, folder);
  }
  await writeFile(join(temporary, 'manifest.json'), serialized, { mode: 0o644 });
  await flushFolder(temporary);
  await rename(temporary, folder);
}

/** Creates accounts and folders, which a service of another release doesn't notice. */
async function createAccounts(folder: string, { hostFiles }: ReleaseManifest): Promise<void> {
  for (const [place, program, ...args] of [
    ['/etc/sysusers.d/', 'systemd-sysusers'],
    ['/etc/tmpfiles.d/', 'systemd-tmpfiles', '--create'],
  ] as const) {
    const files = hostFiles
      .filter(({ path }) => path.startsWith(place))
      .map(({ path }) => `${folder}/files${path}`);
    if (files.length === 0) continue;
    const { code, stderr } = await runProgram(program, [...args, ...files]);
    if (code !== 0) throw hostError(`${program} failed (${code}): ${stderr.trim()}`);
  }
}
