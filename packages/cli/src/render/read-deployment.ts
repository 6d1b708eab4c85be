import type { Deployment, DeploymentInput } from '@fairlead/deploy-config';
import { fileError, readJson } from '../read-file.ts';
import { importModule } from './import-module.ts';

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
  return toDeployment(value);
}

/**
 * Returns a deployment for the input of `defineDeployment` or its result.
 *
 * @throws DeploymentError listing every problem
 */
export async function toDeployment(value: object): Promise<Deployment> {
  const { defineDeployment } = await import('@fairlead/deploy-config');
  return isDefined(value) ? value : defineDeployment(value as DeploymentInput);
}

async function importValue(path: string, name: string): Promise<unknown> {
  const module = await importModule(path, WHAT);
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
