import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { absoluteLinks } from './absolute-links.ts';
import { publishedManifest, type Manifest } from './published-manifest.ts';
import type { ReleaseSettings } from './release-settings.ts';

const workspaceRoot = resolve(import.meta.dirname, '../../..');

/**
 * Packs built packages for npm. With the address of the repository, their manifests and the links of their READMEs
 * name it; without, they are packed as they are.
 *
 * @param folders folders of packages, relative to the root of the workspace, such as `packages/serving`
 * @param destination an existing folder for the tarballs
 * @returns the paths of the tarballs
 * @throws Error when a package isn't built, or npm fails
 */
export function packRelease(
  folders: readonly string[],
  destination: string,
  { repository }: ReleaseSettings,
): readonly string[] {
  const unbuilt = folders.filter((folder) => !existsSync(join(workspaceRoot, folder, 'dist')));
  if (unbuilt.length > 0) throw new Error(`not built: ${unbuilt.join(', ')}; run "npm run build"`);
  if (repository === undefined) {
    return folders.map((folder) => npmPack(join(workspaceRoot, folder), destination));
  }
  const work = mkdtempSync(join(tmpdir(), 'fairlead-release-'));
  try {
    return folders.map((folder) => {
      const plain = npmPack(join(workspaceRoot, folder), work);
      const unpacked = join(work, basename(plain, '.tgz'));
      mkdirSync(unpacked);
      execFileSync('tar', ['-xzf', plain, '--directory', unpacked, '--strip-components=1']);
      nameRepository(unpacked, folder, repository);
      return npmPack(unpacked, destination);
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

function nameRepository(unpacked: string, folder: string, repository: string): void {
  const manifestFile = join(unpacked, 'package.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  const published = publishedManifest(manifest, folder, repository);
  writeFileSync(manifestFile, `${JSON.stringify(published, undefined, 2)}\n`);
  const readme = join(unpacked, 'README.md');
  const text = readFileSync(readme, 'utf8');
  writeFileSync(readme, absoluteLinks(text, folder, repository, `v${manifest.version}`));
}

function npmPack(folder: string, destination: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const [report] = JSON.parse(
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }),
  ) as readonly { readonly filename: string }[];
  if (report === undefined) throw new Error(`npm packed nothing in ${folder}`);
  return join(destination, report.filename);
}
