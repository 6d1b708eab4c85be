import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CliError } from '../../cli-error.ts';
import { projectFiles } from './project-files.ts';
import { trainScript } from './train-script.ts';

/**
 * Writes a small project into a folder; resolves to the paths of its files.
 *
 * @throws CliError `ERR_CLI_USAGE` when the folder has one of the files already; nothing is written then
 */
export async function createProject(
  folder: string,
  { service, dryRun }: { readonly service: boolean; readonly dryRun: boolean },
): Promise<readonly string[]> {
  const files = Object.entries({
    ...projectFiles({ name: projectName(folder), version: ownVersion(), service }),
    'train.ts': trainScript,
  }).map(([name, text]) => ({ path: join(folder, name), text }));
  const present = files.map(({ path }) => path).filter(isPresent);
  if (present.length > 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${present.join(', ')} already exist: name another folder, such as fairlead init my-models`,
    );
  }
  if (!dryRun) {
    await mkdir(folder, { recursive: true });
    for (const { path, text } of files) await writeFile(path, text, { flag: 'wx' });
  }
  return files.map(({ path }) => path);
}

/** Returns whether the path is a file, a folder or a link, including a broken one. */
function isPresent(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Derives an npm package name from the name of the folder. */
function projectName(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'models' : name;
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
