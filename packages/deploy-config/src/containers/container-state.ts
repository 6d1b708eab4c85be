import type { Deployment } from '../deployment.ts';
import { hostState, type HostStateKind } from '../host/host-state.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { isAbsolutePath } from '../values/absolute-path.ts';

/** Folder of the application in the images of gateway and Flask. */
export const APPLICATION_FOLDER = '/app' as AbsolutePath;

/** Programs of the containers. */
export type ContainerProgram = 'gateway' | 'flask' | 'nginx';

/** State of a container, which outlasts it: files that it reads, and folders that it writes to. */
export interface ContainerState {
  readonly program: ContainerProgram;
  /** Absolute path in the container. */
  readonly path: AbsolutePath;
  /** A `file` comes from this machine, is read-only and may be a secret. */
  readonly kind: 'file' | 'folder';
  /** A folder that the program only reads. */
  readonly readOnly: boolean;
}

const FILES: readonly HostStateKind[] = ['API keys', 'trusted keys', 'secrets', 'certificates'];

/** Lists the state of each container. State in AWS has no path, and activations are those of hosts. */
export function containerState(deployment: Deployment): readonly ContainerState[] {
  const { gateway, flask, secrets, backup } = deployment;
  // Sources of secrets are on hosts; containers have their files only.
  const sources = new Set<string>(
    secrets.flatMap(({ from, path }) => ('file' in from && from.file !== path ? [from.file] : [])),
  );
  if (backup?.secretsFile !== undefined) sources.add(backup.secretsFile);
  return hostState(deployment).flatMap(({ kind, path }): readonly ContainerState[] => {
    if (!isAbsolutePath(path) || kind === 'activations' || sources.has(path)) return [];
    // Models in the image of the application.
    if (kind === 'models' && path.startsWith(`${APPLICATION_FOLDER}/`)) return [];
    const isOfFlask =
      kind === 'models' ||
      path === flask?.service?.secretsFile ||
      (flask?.service?.writableFolders.includes(path) === true &&
        gateway.service?.writableFolders.includes(path) !== true);
    const program = kind === 'certificates' ? 'nginx' : isOfFlask ? 'flask' : 'gateway';
    const isFile = FILES.includes(kind);
    return [
      {
        ...{ program, path },
        kind: isFile ? 'file' : 'folder',
        readOnly: isFile || kind === 'models',
      },
    ];
  });
}
