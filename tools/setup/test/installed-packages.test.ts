import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';

import { installedPackages } from '../src/installed-packages.mjs';

test('counts the installed packages among those of the lock file that fit this machine', () => {
  const root = temporaryFolder();
  const packages = {
    '': {},
    'packages/own': {},
    'node_modules/own': { link: true },
    'node_modules/a': {},
    'node_modules/a/node_modules/b': {},
    'node_modules/of-this': { os: [process.platform], cpu: [process.arch] },
    'node_modules/of-others': { os: [`!${process.platform}`] },
    'node_modules/not-of-others': { os: ['!none'] },
    'node_modules/of-another': { cpu: ['mips'] },
    'node_modules/of-musl': { libc: ['musl'] },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  const state = installedPackages(root);
  expect(state()).toBe('0 of 4 packages');
  mkdirSync(join(root, 'node_modules/a'), { recursive: true });
  expect(state()).toBe('0 of 4 packages');
  writeFileSync(join(root, 'node_modules/a/package.json'), '{}');
  expect(state()).toBe('1 of 4 packages');
});

test('the lock file lets no npm run the script of onnxruntime-node, which downloads CUDA', () => {
  const lock = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8'),
  ) as { packages: Record<string, { hasInstallScript?: boolean }> };
  const found = Object.entries(lock.packages).filter(([path]) =>
    path.endsWith('/onnxruntime-node'),
  );
  expect(found.length).toBeGreaterThan(0);
  for (const [path, { hasInstallScript }] of found) {
    expect(hasInstallScript, `remove "hasInstallScript" of ${path} from package-lock.json`).toBe(
      undefined,
    );
  }
});
