import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { DeployError } from '../deploy-error.ts';

const run = promisify(execFile);

/** A package of the npm registry, of one version. */
export interface PackageId {
  readonly name: string;
  readonly version: string;
  /** Subresource Integrity of its archive (`sha512-…`); without it, what the registry says is taken over. */
  readonly integrity?: string | undefined;
}

/** Folder of downloads: `$XDG_CACHE_HOME/fairlead`, or `~/.cache/fairlead`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fairlead');
}

/**
 * Returns the path of a package's archive (`.tgz`), downloaded once with the registry, proxy and credentials of npm's configuration.
 *
 * @throws DeployError `ERR_DEPLOY_PACKAGE_UNAVAILABLE` with npm's message, or when the archive isn't the expected one.
 */
export async function fetchPackage(
  { name, version, integrity }: PackageId,
  cache: string,
): Promise<string> {
  const file = join(cache, `${name.replaceAll('/', '-')}-${version}.tgz`);
  const cached = await readFile(file).catch(() => undefined);
  if (cached !== undefined && (await isAsRecorded(file, cached, integrity))) return file;

  const temporary = join(cache, `.download-${process.pid}-${Math.random().toString(36).slice(2)}`);
  await mkdir(temporary, { recursive: true });
  try {
    const [packed] = await pack(`${name}@${version}`, temporary);
    if (packed === undefined) throw unavailable(name, version, 'npm downloaded nothing');
    const path = join(temporary, packed.filename);
    const content = await readFile(path);
    const found = integrityOf(content);
    if (integrity !== undefined && found !== integrity) {
      throw unavailable(
        name,
        version,
        `its archive has the integrity ${found}, expected ${integrity}`,
      );
    }
    await writeFile(`${file}.integrity`, found);
    await rename(path, file);
    return file;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function isAsRecorded(file: string, content: Buffer, expected: string | undefined) {
  const recorded = expected ?? (await readFile(`${file}.integrity`, 'utf8').catch(() => undefined));
  return integrityOf(content) === recorded;
}

function integrityOf(content: Buffer): string {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`;
}

interface Packed {
  readonly filename: string;
}

async function pack(spec: string, folder: string): Promise<readonly Packed[]> {
  try {
    const args = ['pack', spec, '--json', '--loglevel=error', '--pack-destination', folder];
    const { stdout } = await run('npm', args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout) as readonly Packed[];
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const [name = spec, version = ''] = spec.split(/@(?=[^@]*$)/);
    const [line = 'npm failed'] = stderr
      .split('\n')
      .filter((text) => /\S/.test(text) && !text.startsWith('npm error code'));
    throw unavailable(name, version, line.replace(/^npm error /, ''), error);
  }
}

function unavailable(name: string, version: string, reason: string, cause?: unknown): DeployError {
  return new DeployError(
    'ERR_DEPLOY_PACKAGE_UNAVAILABLE',
    `The npm package ${name} ${version} can't be used: ${reason}. Check the version, and that npm reaches its registry (npm ping).`,
    { cause },
  );
}
