import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import * as z from 'zod';

import { cachedPart } from '../parts/cached-part.ts';
import type { FileEntry } from '../parts/file-entry.ts';
import type { WrittenPart } from '../parts/write-part.ts';
import type { Platform } from '../platform.ts';
import { buildFailed } from './build-failed.ts';
import { downloadWheels } from './download-wheels.ts';
import {
  inspectWheels,
  pythonPackage,
  requirementsFor,
  type PythonPackage,
} from './inspect-wheels.ts';
import { parseRequirements, type Requirements } from './parse-requirements.ts';
import type { ResolvedPythonOptions } from './python-options.ts';
import type { PythonRuntime } from './python-runtime.ts';

/** The Python packages of a release. */
export interface PythonWheels {
  /** Wheels, and a requirements file with their hashes, which the host installs from. */
  readonly part: WrittenPart;
  readonly packages: readonly PythonPackage[];
  /** Python that the host needs for them. */
  readonly runtime: PythonRuntime;
}

/** Input of {@link pythonWheels}. */
interface WheelsOptions {
  readonly python: ResolvedPythonOptions;
  readonly platform: Platform;
  /** Folder of downloads. */
  readonly cache: string;
  /** Folder that the part is written to. */
  readonly work: string;
}

/**
 * Writes the part with the wheels of a requirements file, from the cache if it was written before: the same requirements result in
 * the same part.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED`, `ERR_DEPLOY_PACKAGE_UNAVAILABLE`
 */
export async function pythonWheels(options: WheelsOptions): Promise<PythonWheels> {
  const { python, platform, cache, work } = options;
  const path = resolve(python.requirements);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw buildFailed(`The requirements file ${path} can't be read.`, cause);
  });
  const parsed = parseRequirements(path, text);
  const content = JSON.stringify([1, platform, python.version, parsed.requirements]);
  const key = `wheels-${createHash('sha256').update(content).digest('hex')}`;
  const record = join(cache, 'parts', `${key}.packages.json`);
  let packages = await readPackages(record);
  // Without its packages, the bill of materials of a cached part is unknown.
  if (packages === undefined) await rm(join(cache, 'parts', `${key}.json`), { force: true });
  const folder = await mkdtemp(join(work, '.wheels-'));
  try {
    const part = await cachedPart(cache, key, work, async () => {
      packages = await readWheels(
        { ...options, python: { ...python, requirements: path } },
        parsed,
        folder,
      );
      await mkdir(join(cache, 'parts'), { recursive: true });
      const temporary = join(cache, 'parts', `.${process.pid}-${key}`);
      await writeFile(temporary, JSON.stringify(packages));
      await rename(temporary, record);
      return entriesOf(folder, packages);
    });
    const found = packages ?? [];
    const installedBytes = found.reduce((sum, each) => sum + each.installedBytes, 0);
    return { part, packages: found, runtime: { version: python.version, installedBytes } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readPackages(record: string): Promise<readonly PythonPackage[] | undefined> {
  try {
    return z.array(pythonPackage).parse(JSON.parse(await readFile(record, 'utf8')));
  } catch {
    return undefined;
  }
}

async function readWheels(
  { python, platform }: WheelsOptions,
  { requirements, pipOptions }: Requirements,
  folder: string,
): Promise<readonly PythonPackage[]> {
  const { interpreter, version } = python;
  const target = { platform, version };
  const chosen = await requirementsFor(interpreter, target, requirements);
  await downloadWheels({ python, platform, requirements: chosen, pipOptions, folder });
  return inspectWheels(interpreter, target, { folder, requirements: chosen });
}

function entriesOf(folder: string, packages: readonly PythonPackage[]): readonly FileEntry[] {
  const lines = packages
    .map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`)
    .sort();
  return [
    { path: 'wheels/requirements.txt', source: Buffer.from(lines.join('')), executable: false },
    ...packages.map(({ wheel }) => ({
      path: `wheels/${wheel}`,
      source: join(folder, wheel),
      executable: false,
    })),
  ];
}
