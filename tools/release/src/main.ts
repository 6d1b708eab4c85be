import { globSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { packRelease } from './pack-release.ts';
import { readSettings } from './release-settings.ts';

// Packs every package for `npm publish`, into the folder of the first argument.
const [destination = 'dist/release'] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '../../..');
const folder = resolve(root, destination);
mkdirSync(folder, { recursive: true });
const settings = readSettings(resolve(import.meta.dirname, '../settings.json'));
if (settings.repository === undefined) {
  process.stderr.write(
    'The packages can be installed. Before they are published, name the repository in tools/release/settings.json: without it they have no links to it.\n',
  );
}
const folders = globSync('packages/*/package.json', { cwd: root }).map(dirname).sort();
for (const tarball of packRelease(folders, folder, settings)) process.stdout.write(`${tarball}\n`);
