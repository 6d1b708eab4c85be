import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Deployment, DeploymentInput } from '@fairlead/deploy-config';
import { errorCodeOf } from '../exit-code.ts';
import { fileError, readJson } from '../read-file.ts';

const WHAT = 'a deployment';

/**
 * Reads a deployment from the export `name` of a module (`.ts`, `.js`), or from a JSON file; either the input of
 * `defineDeployment` or its result.
 *
 * @throws CliError `ERR_CLI_FILE`; DeploymentError listing every problem
 */
export async function readDeployment(path: string, name: string): Promise<Deployment> {
  const value = /\.json$/i.test(path)
    ? await readJson(path, WHAT, (json) => json)
    : await importValue(path, name);
  if (typeof value !== 'object' || value === null) {
    throw fileError(path, WHAT, new Error(`expected an object, found ${describe(value)}`));
  }
  const { defineDeployment } = await import('@fairlead/deploy-config');
  return isDefined(value) ? value : defineDeployment(value as DeploymentInput);
}

async function importValue(path: string, name: string): Promise<unknown> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw fileError(path, WHAT, new Error('no such file'));
  }
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (cause) {
    // The module itself calls defineDeployment, which rejects the deployment.
    if (errorCodeOf(cause)?.startsWith('ERR_DEPLOYMENT_') === true) throw cause;
    const cannotStrip = errorCodeOf(cause) === 'ERR_UNKNOWN_FILE_EXTENSION';
    const hint = new Error(
      'this version of Node does not run TypeScript: use Node 22.18 or later, or compile the file',
      {
        cause,
      },
    );
    throw fileError(path, WHAT, cannotStrip ? hint : cause);
  }
  const value = module[name] ?? (name === 'deployment' ? module.default : undefined);
  if (value !== undefined) return value;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw fileError(
    path,
    WHAT,
    new Error(
      `it has no export ${JSON.stringify(name)}; it exports ${names}: choose one with --export`,
    ),
  );
}

/** Returns whether the value is the result of `defineDeployment`: its addresses are objects, those of the input are strings. */
function isDefined(value: object): value is Deployment {
  if (!('gateway' in value) || typeof value.gateway !== 'object' || value.gateway === null)
    return false;
  return 'listen' in value.gateway && typeof value.gateway.listen === 'object';
}

function describe(value: unknown): string {
  return typeof value === 'function' ? 'a function: export what it returns' : typeof value;
}
