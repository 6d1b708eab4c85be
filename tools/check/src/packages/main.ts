import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checkPackage, tarballName } from './check-package.ts';

// main.ts [root]: checks the built packages of a workspace. One process does it for all, for loading TypeScript and
// packing take longer than the check.
const root = process.argv[2] ?? fileURLToPath(new URL('../../../../', import.meta.url));
const folders = globSync('packages/*', { cwd: root }).sort();
const tarballs = mkdtempSync(join(tmpdir(), 'fairlead-packages-'));
try {
  execFileSync(
    'npm',
    [
      'pack',
      '--ignore-scripts',
      '--silent',
      '--pack-destination',
      tarballs,
      ...folders.map((folder) => `./${folder}`),
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  for (const folder of folders) {
    const problems = await checkPackage(join(tarballs, tarballName(join(root, folder))));
    for (const problem of problems) process.stderr.write(`${folder}: ${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(tarballs, { recursive: true });
}
