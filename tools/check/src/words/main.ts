import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { findWords } from './find-words.ts';

// main.ts [--update] [--root folder] [path…]: with paths, lists what stands there, the baseline aside.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: 'boolean' }, root: { type: 'string' } },
});
const root = values.root ?? fileURLToPath(new URL('../../../../', import.meta.url));
const baselineFile = new URL('known-words.json', import.meta.url);
const list = ['*.ts', '*.mjs', '*.js', '*.md', '*.py', '*.sh', '*.toml', '*package.json'];
/** The list itself, and the texts that its test refuses. */
const ownFiles = [':!tools/check/src/words', ':!tools/check/test/words.test.ts'];

const files = execFileSync(
  'git',
  [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
    '--',
    ...list,
    ...ownFiles,
  ],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter(
    (file) =>
      file !== '' &&
      (positionals.length === 0 || positionals.some((path) => file.startsWith(path))),
  );
const found = files.flatMap((file) => {
  let text;
  try {
    text = readFileSync(join(root, file), 'utf8');
  } catch (error) {
    // Deleted, and not yet committed.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return findWords(file, text).map((place) => ({ file, ...place }));
});

const counts = Map.groupBy(found, ({ word }) => word);
if (values.update === true) {
  const baseline = Object.fromEntries([...counts].map(([word, { length }]) => [word, length]));
  writeFileSync(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`);
}
const known = JSON.parse(readFileSync(baselineFile, 'utf8')) as Record<string, number>;
for (const [word, places] of counts) {
  const allowed = positionals.length === 0 ? (known[word] ?? 0) : 0;
  if (places.length <= allowed) continue;
  process.exitCode = 1;
  const more = allowed === 0 ? '' : ` (${places.length} places, ${allowed} were known)`;
  process.stderr.write(`\n"${word}": write ${places[0]?.instead ?? ''}${more}\n`);
  for (const { file, line, text } of places) {
    process.stderr.write(`  ${file}${line === 0 ? '' : `:${line}`}: ${text}\n`);
  }
}
