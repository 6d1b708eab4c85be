import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { DeployError } from '../deploy-error.ts';
import { architectureOf, type Platform } from '../platform.ts';
import type { Requirement, Requirements } from './parse-requirements.ts';
import type { ResolvedPythonOptions } from './python-options.ts';
import { runInterpreter } from './run-interpreter.ts';

/** Latest version 2.x of the C library that wheels may need, and the first one: Debian 10 has 2.28. */
const MAX_GLIBC = 28;
const MIN_GLIBC = 5;

/** Names of a platform for pip, the preferred one first. Source: PEP 600. */
function platformTags(platform: Platform): readonly string[] {
  const machine = architectureOf(platform) === 'x64' ? 'x86_64' : 'aarch64';
  const versions = Array.from(
    { length: MAX_GLIBC - MIN_GLIBC + 1 },
    (_, index) => MAX_GLIBC - index,
  );
  return [
    ...versions.map((minor) => `manylinux_2_${minor}_${machine}`),
    ...['manylinux2014', 'manylinux2010', 'manylinux1', 'linux'].map(
      (name) => `${name}_${machine}`,
    ),
  ];
}

/** Input of {@link downloadWheels}. */
interface DownloadOptions {
  readonly python: ResolvedPythonOptions;
  readonly platform: Platform;
  readonly requirements: readonly Requirement[];
  readonly pipOptions: Requirements['pipOptions'];
  /** Empty folder. */
  readonly folder: string;
}

/**
 * Downloads one wheel for each requirement, with the index, proxy and credentials of pip's configuration; each must have one of
 * its hashes.
 *
 * @throws DeployError `ERR_DEPLOY_PACKAGE_UNAVAILABLE` with pip's message
 */
export async function downloadWheels(options: DownloadOptions): Promise<void> {
  const { python, platform, requirements, pipOptions, folder } = options;
  const file = join(folder, 'requirements.txt');
  const lines = requirements.map(
    ({ name, extras, version, hashes }) =>
      `${name}${extras}==${version} ${hashes.map((hash) => `--hash=${hash}`).join(' ')}`,
  );
  await writeFile(file, `${[...pipOptions, ...lines].join('\n')}\n`, { mode: 0o600 });
  const { interpreter, version } = python;
  const args = [
    ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'],
    // Conditions of dependencies would be evaluated for this machine: `inspectWheels` checks them for the host.
    ...['--require-hashes', '--no-deps', '--only-binary', ':all:', '--implementation', 'cp'],
    ...['--python-version', version, '--abi', `cp${version.replace('.', '')}`],
    ...platformTags(platform).flatMap((tag) => ['--platform', tag]),
    ...['--dest', folder, '--requirement', file],
  ];
  const { code, stderr } = await runInterpreter(interpreter, args, {
    // Relative paths in the file are relative to it.
    cwd: dirname(python.requirements),
  });
  const wheels = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  if (code === 0 && wheels.length === requirements.length) return;
  // The last error, with the lines below it: they name a package whose hash differs.
  const reason = (stderr.split(/^ERROR: /m).at(-1) ?? '').replaceAll(/\s+/g, ' ').trim();
  throw new DeployError(
    'ERR_DEPLOY_PACKAGE_UNAVAILABLE',
    `The Python packages of ${python.requirements} can't be downloaded for ${platform} and Python ${version}: ${reason.slice(0, 600)}. Only wheels are used. Check the versions, and that pip reaches its index (pip download).`,
  );
}
