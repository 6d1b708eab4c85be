import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import type { OptionNames } from '@fairlead/signature';

import { checkOptions, checkText } from '../check-options.ts';
import { bundleApplication } from './bundle.ts';

/** Options of {@link writeBundle}. */
export interface WriteBundleOptions {
  /** Path of the module that starts the application. */
  readonly entry: string;
  /** Folder that the files are written to; it is created. */
  readonly into: string;
  /**
   * Packages that stay outside of the bundle, because they have native code or read their own files; Node finds them from `into`.
   * @defaultValue `['onnxruntime-node']`
   */
  readonly external?: readonly string[];
  /**
   * Conditions of `exports` in addition to those of Node.
   * @defaultValue `[]`
   */
  readonly conditions?: readonly string[];
}

const optionNames: OptionNames<WriteBundleOptions> = {
  entry: 'required',
  into: 'required',
  external: 'optional',
  conditions: 'optional',
};

/**
 * Writes an application as a release holds it, in few files, to run or measure it on this machine as on a host.
 *
 * @returns the absolute path of the program
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_BUILD_FAILED`; what the file system reports.
 *
 * @example
 * ```ts
 * import { writeBundle } from '@fairlead/deploy';
 *
 * const options = { entry: 'missing.ts', into: 'reports/bundle' };
 * const problem = await writeBundle(options).catch((error) => error.code);
 * console.log(problem); // ERR_DEPLOY_BUILD_FAILED
 * ```
 */
export async function writeBundle(options: WriteBundleOptions): Promise<string> {
  checkOptions('writeBundle', options, optionNames);
  checkText('entry', 'the path of a module', options.entry);
  checkText('into', 'the path of a folder', options.into);
  const { external = ['onnxruntime-node'], conditions = [] } = options;
  const entry = resolve(options.entry);
  const into = resolve(options.into);
  const { entries } = await bundleApplication({ entry, external, conditions });
  for (const file of entries) {
    const path = join(into, file.path);
    await mkdir(dirname(path), { recursive: true });
    if ('target' in file) await symlink(file.target, path);
    else await writeFile(path, file.source);
  }
  return join(into, 'gateway/dist/main.js');
}
