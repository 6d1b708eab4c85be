import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checkFolders } from './check-folders.ts';

// main.ts [--update] [root]
const update = process.argv.includes('--update');
const root =
  process.argv.slice(2).find((argument) => argument !== '--update') ??
  fileURLToPath(new URL('../../../../', import.meta.url));
const baselineFile = new URL('known-rings.json', import.meta.url);

// `--update` writes what is there now as the baseline, which may only shrink.
const known = JSON.parse(readFileSync(baselineFile, 'utf8')) as Record<string, readonly string[]>;
const found = globSync('{packages,apps,tools}/*/src', { cwd: root })
  .sort()
  .flatMap((folder) => checkFolders(join(root, folder)).map((problem) => ({ folder, ...problem })));
if (update) {
  const entries = Map.groupBy(found, ({ folder }) => folder);
  const baseline = [...entries].map(([folder, problems]) => [folder, problems.map(({ id }) => id)]);
  writeFileSync(baselineFile, `${JSON.stringify(Object.fromEntries(baseline), null, 2)}\n`);
}
const problems = found.filter(({ folder, id }) => known[folder]?.includes(id) !== true);
for (const { folder, message } of problems) process.stderr.write(`${folder}: ${message}\n`);
if (problems.length > 0) process.exitCode = 1;
