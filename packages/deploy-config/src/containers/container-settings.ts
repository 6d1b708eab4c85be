import type { Deployment } from '../deployment.ts';
import { flaskEnvironment } from '../environment/flask-environment.ts';
import { gatewayEnvironment } from '../environment/gateway-environment.ts';
import { gatewayBytes } from '../gateway-bytes.ts';
import { openFilesFor } from '../nginx/open-files.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { socketFolders } from './container-deployment.ts';
import { flaskHealth, gatewayHealth, nginxHealth } from './container-health.ts';
import { containerState, type ContainerProgram, type ContainerState } from './container-state.ts';
import type { HealthCheck } from './dockerfile.ts';

const MEBIBYTE = 1024 ** 2;

/** Open files of gateway and Flask, those of the units of systemd. */
const OPEN_FILES = 65_536;

/** Folder with the sockets of a program, which is a volume. */
export interface SocketFolder {
  /** Program that listens in it. */
  readonly program: Exclude<ContainerProgram, 'nginx'>;
  /** Absolute path in every container. */
  readonly path: AbsolutePath;
  /** Only the program that listens may write. */
  readonly readOnly: boolean;
}

/** How a container of a program is started and limited. */
export interface ContainerSettings {
  readonly program: ContainerProgram;
  /** Environment variables; no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Check that the image has as well. */
  readonly health: HealthCheck;
  /** Memory limit, in bytes. */
  readonly memoryBytes: number;
  /** Processor cores that it may use at once. */
  readonly cores: number;
  /** Maximum number of processes and threads. */
  readonly pids: number;
  /** Maximum number of open files. */
  readonly openFiles: number;
  /** Size of `/tmp`, in bytes. */
  readonly temporaryBytes: number;
  /** Sockets of itself and of those that it calls. */
  readonly sockets: readonly SocketFolder[];
  /** Secrets, state and models. */
  readonly state: readonly ContainerState[];
  /** Programs that have to be healthy before. */
  readonly after: readonly ContainerProgram[];
}

/** Size of Nginx's temporary files: bodies of requests and answers that don't fit into its buffers. */
function nginxTempBytes({ maxBodyBytes }: Pick<Deployment, 'maxBodyBytes'>): number {
  return Math.max(16 * MEBIBYTE, 4 * maxBodyBytes);
}

/** Memory of Nginx with its temporary files, in bytes. */
export function nginxBytes(deployment: Pick<Deployment, 'maxBodyBytes'>): number {
  return 128 * MEBIBYTE + nginxTempBytes(deployment);
}

/**
 * Returns the containers of a deployment, each after those that it needs.
 *
 * @param deployment Result of {@link containerDeployment}.
 *
 * @example
 * ```ts
 * import { containerDeployment, containerSettings, defineDeployment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.28.0' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { command: ['/usr/bin/node', '/opt/shop/main.js'], service: { user: 'shop' } },
 * });
 * const containers = containerSettings(containerDeployment(deployment));
 * console.log(containers.map(({ program }) => program).join(' ')); // gateway nginx
 * ```
 */
export function containerSettings(deployment: Deployment): readonly ContainerSettings[] {
  const { flask } = deployment;
  return [
    ...(flask ? [flaskSettings(deployment, flask)] : []),
    gatewaySettings(deployment),
    nginxSettings(deployment),
  ];
}

function stateOf(deployment: Deployment, program: ContainerProgram): readonly ContainerState[] {
  return containerState(deployment).filter((each) => each.program === program);
}

function flaskSettings(
  deployment: Deployment,
  flask: NonNullable<Deployment['flask']>,
): ContainerSettings {
  return {
    program: 'flask',
    environment: flaskEnvironment(deployment),
    health: flaskHealth(deployment),
    memoryBytes: flask.workers * flask.workerMemoryBytes,
    cores: flask.workers * flask.threads * flask.modelThreads,
    ...{ pids: 512, openFiles: OPEN_FILES, temporaryBytes: 64 * MEBIBYTE },
    sockets: [{ program: 'flask', path: socketFolders(deployment).flask, readOnly: false }],
    state: stateOf(deployment, 'flask'),
    after: [],
  };
}

function gatewaySettings(deployment: Deployment): ContainerSettings {
  const { gateway, flask, host } = deployment;
  const folders = socketFolders(deployment);
  return {
    program: 'gateway',
    environment: gatewayEnvironment(deployment),
    health: gatewayHealth(deployment),
    memoryBytes: gatewayBytes(gateway),
    cores: host.cores,
    ...{ pids: 512 * gateway.processes, openFiles: OPEN_FILES, temporaryBytes: 64 * MEBIBYTE },
    sockets: [
      { program: 'gateway', path: folders.gateway, readOnly: false },
      ...(flask ? [{ program: 'flask', path: folders.flask, readOnly: true } as const] : []),
    ],
    state: stateOf(deployment, 'gateway'),
    after: flask ? ['flask'] : [],
  };
}

function nginxSettings(deployment: Deployment): ContainerSettings {
  const { nginx } = deployment;
  return {
    program: 'nginx',
    environment: {},
    health: nginxHealth(deployment),
    memoryBytes: nginxBytes(deployment),
    ...{ cores: nginx.workers, pids: 64 + nginx.workers },
    openFiles: openFilesFor(nginx.workerConnections),
    temporaryBytes: nginxTempBytes(deployment),
    sockets: [{ program: 'gateway', path: socketFolders(deployment).gateway, readOnly: true }],
    state: stateOf(deployment, 'nginx'),
    after: ['gateway'],
  };
}
