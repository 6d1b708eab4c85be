import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checkPackage, packAll } from './check-package.ts';

// Checks the built packages of the workspace. One process does it for all, for loading TypeScript takes longer than a check.
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const tarballs = mkdtempSync(join(tmpdir(), 'fairlead-packages-'));
try {
  const folders = globSync('packages/*', { cwd: root }).sort();
  for (const { name, tarball } of packAll(root, folders, tarballs)) {
    const problems = await checkPackage(tarball);
    for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(tarballs, { recursive: true });
}
