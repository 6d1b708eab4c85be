import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Deployment, DeploymentInput } from '@fairlead/deploy-config';
import { errorCodeOf } from '../exit-code.ts';
import { fileError, readJson } from '../read-file.ts';

const WHAT = 'a deployment';

/**
 * Reads a deployment: a module (`.ts`, `.js`) whose export `name` is one, or a JSON file; what `defineDeployment` takes
 * or what it returns.
 *
 * @throws CliError `ERR_CLI_FILE`; DeploymentError with everything that is wrong with it
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
    throw fileError(path, WHAT, new Error('there is no such file'));
  }
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (cause) {
    // What the deployment is refused for when the module itself defines it.
    if (errorCodeOf(cause)?.startsWith('ERR_DEPLOYMENT_') === true) throw cause;
    const cannotStrip = errorCodeOf(cause) === 'ERR_UNKNOWN_FILE_EXTENSION';
    const hint = new Error('this Node runs no TypeScript: use Node from 22.18 on, or compile it', {
      cause,
    });
    throw fileError(path, WHAT, cannotStrip ? hint : cause);
  }
  const value = module[name] ?? (name === 'deployment' ? module.default : undefined);
  if (value !== undefined) return value;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw fileError(
    path,
    WHAT,
    new Error(`it exports no ${JSON.stringify(name)} but ${names}; name one with --export`),
  );
}

/** Whether everything is decided already: addresses are objects then, and text before. */
function isDefined(value: object): value is Deployment {
  if (!('gateway' in value) || typeof value.gateway !== 'object' || value.gateway === null)
    return false;
  return 'listen' in value.gateway && typeof value.gateway.listen === 'object';
}

function describe(value: unknown): string {
  return typeof value === 'function' ? 'a function: export what it returns' : typeof value;
}
