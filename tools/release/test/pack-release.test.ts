import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { packRelease } from '../src/pack-release.ts';
import { readSettings } from '../src/release-settings.ts';

const root = join(import.meta.dirname, '../../..');
const folders = ['packages/serving', 'packages/signature'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-release-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Packs with a `settings.json`, and reads a file of each tarball. */
function pack(name: string, settings: object): (package_: number, file: string) => string {
  const destination = join(folder, name);
  mkdirSync(destination);
  const file = join(destination, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  const tarballs = packRelease(folders, destination, readSettings(file));
  return (n, path) =>
    execFileSync('tar', ['-xzOf', tarballs[n] ?? '', `package/${path}`], { encoding: 'utf8' });
}

/** Targets of the links of a page. */
function linksOf(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

describe('packed for a release', { timeout: 120_000 }, () => {
  it('with the address of the repository, manifests name it and links of READMEs are absolute', () => {
    const read = pack('with', { repository: 'https://git.example/acme/fairlead' });
    const manifest = JSON.parse(read(0, 'package.json')) as Record<string, unknown>;
    const version = String(manifest.version);
    expect(manifest).toMatchObject({
      name: '@fairlead/serving',
      repository: {
        type: 'git',
        url: 'git+https://git.example/acme/fairlead.git',
        directory: 'packages/serving',
      },
      homepage: `https://git.example/acme/fairlead/blob/v${version}/packages/serving/README.md`,
      bugs: { url: 'https://git.example/acme/fairlead/issues' },
    });
    const links = linksOf(read(0, 'README.md'));
    expect(links).toContain(
      `https://git.example/acme/fairlead/blob/v${version}/docs/serving.md#async-inference`,
    );
    expect(links).toContain(
      `https://git.example/acme/fairlead/blob/v${version}/packages/jobs/README.md`,
    );
    for (const n of folders.keys()) {
      for (const link of linksOf(read(n, 'README.md'))) expect(link).toMatch(/^https:|^#/);
    }
    // Everything else is the same as in the workspace.
    expect(read(0, 'src/index.ts')).toBe(
      readFileSync(join(root, 'packages/serving/src/index.ts'), 'utf8'),
    );
  });

  it('without an address, manifests have no such members and READMEs are unchanged', () => {
    const read = pack('without', { repository: '' });
    for (const [n, name] of folders.entries()) {
      const manifest = JSON.parse(read(n, 'package.json')) as object;
      for (const member of ['repository', 'homepage', 'bugs']) {
        expect(manifest).not.toHaveProperty(member);
      }
      expect(read(n, 'README.md')).toBe(readFileSync(join(root, name, 'README.md'), 'utf8'));
    }
  });
});

it.each([
  'http://git.example/a/b',
  'https://git.example',
  'https://git.example/a/',
  'git@x:a.git',
  5,
])('an address such as %s is rejected', (repository) => {
  const file = join(folder, 'wrong.json');
  writeFileSync(file, JSON.stringify({ repository }));
  expect(() => readSettings(file)).toThrow(/repository is .*expected an address such as/);
});
