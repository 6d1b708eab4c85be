import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCodeOf } from '../exit-code.ts';
import { fileError } from '../read-file.ts';

/**
 * Imports a module (`.ts`, `.js`) that the command line names; resolves to its exports.
 *
 * @throws CliError `ERR_CLI_FILE`; the error of a deployment that the module itself checks
 */
export async function importModule(
  path: string,
  what: string,
): Promise<Readonly<Record<string, unknown>>> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw fileError(path, what, new Error('no such file'));
  }
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    // The module itself calls defineDeployment, which rejects the deployment.
    if (errorCodeOf(cause)?.startsWith('ERR_DEPLOYMENT_') === true) throw cause;
    const cannotStrip = errorCodeOf(cause) === 'ERR_UNKNOWN_FILE_EXTENSION';
    const hint = new Error(
      'this version of Node does not run TypeScript: use Node 22.18 or later, or compile the file',
      { cause },
    );
    throw fileError(path, what, cannotStrip ? hint : cause);
  }
}
