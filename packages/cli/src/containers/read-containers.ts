import { dirname, relative, resolve, sep } from 'node:path';
import type {
  BaseImagesInput,
  ContainersInput,
  Deployment,
  EnvironmentInput,
} from '@fairlead/deploy-config';
import { CliError } from '../cli-error.ts';
import { readConfig } from '../config/read-config.ts';
import { fileError } from '../read-file.ts';
import { importModule } from '../render/import-module.ts';
import { toDeployment } from '../render/read-deployment.ts';

const WHAT = 'the configuration';

/** A deployment with the settings of its containers. */
export interface ContainerConfig {
  readonly deployment: Deployment;
  /** Settings without images, which are in another file. */
  readonly containers: Omit<ContainersInput, 'images'>;
  /** Images that the configuration itself names. */
  readonly images: Partial<BaseImagesInput> | undefined;
}

/**
 * Reads deployment and containers from a module. What the export `containers` lacks follows from an environment: the entry, the Python application,
 * the files and the registry of its hosts.
 *
 * @throws CliError `ERR_CLI_FILE`, `ERR_CLI_USAGE`; EnvironmentsError and DeploymentError listing every problem.
 */
export async function readContainers(
  path: string,
  { out, environment }: { readonly out: string; readonly environment: string | undefined },
): Promise<ContainerConfig> {
  const module = await importModule(path, WHAT);
  const folder = folderInProject(path, out);
  const given = recordOf(module.containers, path);
  const { images, ...own } = given as Partial<ContainersInput>;
  if (module.environments === undefined) {
    const { deployment } = module;
    if (typeof deployment !== 'object' || deployment === null) {
      throw fileError(path, WHAT, new Error('it has no export "deployment"'));
    }
    const containers = { ...own, folder } as Omit<ContainersInput, 'images'>;
    return { deployment: await toDeployment(deployment), containers, images };
  }
  const chosen = await readConfig(path, environment);
  const derived = await deriveContainers(chosen.deployment, chosen.environment);
  const containers = {
    ...derived,
    ...own,
    files: { ...derived.files, ...own.files },
    folders: { ...derived.folders, ...own.folders },
    folder,
  };
  return { deployment: chosen.deployment, containers, images };
}

/** Takes from an environment what its hosts and containers have in common. */
async function deriveContainers(
  deployment: Deployment,
  { release, files = {}, registry }: EnvironmentInput,
): Promise<Omit<ContainersInput, 'images'>> {
  const { containerState } = await import('@fairlead/deploy-config');
  const state = containerState(deployment);
  const isRead = (path: string, kind: 'file' | 'folder'): boolean =>
    state.some((each) => each.kind === kind && each.path === path);
  const { FAIRLEAD_REGISTRY: registryPath = '' } = deployment.gateway.environment;
  return {
    entry: release.entry,
    ...(release.python !== undefined && {
      python: { requirements: release.python.requirements, source: release.python.source },
    }),
    files: Object.fromEntries(Object.entries(files).filter(([path]) => isRead(path, 'file'))),
    folders:
      registry !== undefined && isRead(registryPath, 'folder')
        ? { [registryPath]: registry.folder }
        : {},
  };
}

/** Returns the folder of the rendered files relative to the project, which is the folder of the configuration. */
function folderInProject(path: string, out: string): string {
  const folder = relative(dirname(resolve(path)), resolve(out));
  if (folder !== '' && folder.split(sep)[0] !== '..') return folder.split(sep).join('/');
  throw new CliError(
    'ERR_CLI_USAGE',
    `--out is ${out}, but the files have to be in a folder inside of that of ${path}, which the images are built from: choose one such as --out docker`,
  );
}

function recordOf(value: unknown, path: string): object {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null) return value;
  throw fileError(path, WHAT, new Error(`its export "containers" is no object`));
}
