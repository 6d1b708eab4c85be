import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../../cli-error.ts';
import { type CiService, ciFiles, type ProjectFile } from './ci/ci-files.ts';
import { projectFiles } from './project-files.ts';
import { trainScript } from './train-script.ts';

/** Content of a project. */
export interface ProjectOptions {
  readonly service: boolean;
  /** Service of its pipelines; `undefined` without any. */
  readonly ci: CiService | undefined;
  /** Model of the pipelines for models. */
  readonly model: string;
  readonly dryRun: boolean;
}

/**
 * Writes a small project into a folder; resolves to the paths of its files. A folder that has a configuration gets the pipelines only.
 *
 * @throws CliError `ERR_CLI_USAGE` when the folder has one of the files already; nothing is written then
 */
export async function createProject(
  folder: string,
  { service, ci, model, dryRun }: ProjectOptions,
): Promise<readonly string[]> {
  const files: (ProjectFile & { readonly path: string })[] = [];
  const isProject = ci !== undefined && isPresent(join(folder, 'fairlead.config.ts'));
  if (!isProject) {
    const project = { name: projectName(folder), version: ownVersion(), service, ci };
    for (const [name, text] of Object.entries({
      ...projectFiles(project),
      'train.ts': trainScript,
    })) {
      files.push({ path: join(folder, name), text });
    }
  }
  for (const [name, file] of Object.entries(ci === undefined ? {} : ciFiles(ci, model))) {
    files.push({ path: join(folder, name), ...file });
  }
  const present = files.map(({ path }) => path).filter(isPresent);
  if (present.length > 0) {
    const fix = isProject
      ? 'move them away, then compare them with the new ones'
      : 'name another folder, such as fairlead init my-models';
    throw new CliError('ERR_CLI_USAGE', `${present.join(', ')} already exist: ${fix}`);
  }
  if (!dryRun) {
    await mkdir(folder, { recursive: true });
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: 'wx' });
    }
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
