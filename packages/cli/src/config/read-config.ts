import { dirname, resolve } from 'node:path';
import type { Deployment, Environment, EnvironmentInput } from '@fairlead/deploy-config';
import { CliError } from '../cli-error.ts';
import { nearest } from '../options/nearest.ts';
import { fileError } from '../read-file.ts';
import { toDeployment } from '../render/read-deployment.ts';
import { importModule } from '../render/import-module.ts';

const WHAT = 'the configuration';

/** One environment of a configuration file, with its deployment. */
export interface ChosenEnvironment {
  readonly name: string;
  readonly environment: Environment;
  readonly deployment: Deployment;
  /** Returns the absolute path of a file that the configuration names. */
  readonly resolvePath: (path: string) => string;
}

/**
 * Reads an environment from the exports `environments` and `deployment` of a module; without a name, the only one.
 *
 * @throws CliError `ERR_CLI_FILE`, or `ERR_CLI_USAGE` when there is no environment of that name; EnvironmentsError and
 * DeploymentError listing every problem
 */
export async function readConfig(
  path: string,
  name: string | undefined,
): Promise<ChosenEnvironment> {
  const module = await importModule(path, WHAT);
  const { environments: input } = module;
  if (input === undefined) {
    const found = Object.keys(module).join(', ') || 'nothing';
    throw fileError(
      path,
      WHAT,
      new Error(
        `it has no export "environments"; it exports ${found}: add export const environments = defineEnvironments({ production: { hosts: ["ssh://admin@10.0.0.1"], release: { entry: "service.ts" } } })`,
      ),
    );
  }
  const { defineEnvironments } = await import('@fairlead/deploy-config');
  const environments = defineEnvironments(input as Record<string, EnvironmentInput>);
  const [chosen, environment] = choose(environments, name);
  const deployment = environment.deployment ?? module.deployment ?? module.default;
  if (typeof deployment !== 'object' || deployment === null) {
    throw fileError(
      path,
      WHAT,
      new Error(
        `the environment "${chosen}" has no deployment: export const deployment = defineDeployment({ … }), or set ${chosen}.deployment`,
      ),
    );
  }
  const folder = dirname(resolve(path));
  return {
    name: chosen,
    environment,
    deployment: await toDeployment(deployment),
    resolvePath: (file) => resolve(folder, file),
  };
}

function choose(
  environments: Readonly<Record<string, Environment>>,
  name: string | undefined,
): readonly [string, Environment] {
  const entries = Object.entries(environments);
  const found = entries.filter(([each]) => name === undefined || each === name);
  const [first] = found;
  if (found.length === 1 && first !== undefined) return first;
  const names = entries.map(([each]) => each);
  const meant = name === undefined ? undefined : nearest(name, names);
  const known = names.join(', ');
  const problem =
    name === undefined
      ? `there are several environments: name one of ${known}`
      : `there is no environment ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean "${meant}"?`}: the configuration has ${known}`;
  throw new CliError('ERR_CLI_USAGE', problem);
}
