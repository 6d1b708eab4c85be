import { posix } from 'node:path';

import type { Deployment } from '../deployment.ts';
import type { Containers } from './containers.ts';
import type { ContainerState } from './container-state.ts';
import { seconds } from './dockerfile.ts';
import type { YamlValue } from './serialize-yaml.ts';

/** Properties of a service in which the programs differ. */
export interface ServiceOptions {
  /** Memory limit in bytes; there is no swap beyond it. */
  readonly memoryBytes: number;
  /** Processor cores that it may use at once. */
  readonly cpus: number;
  /** Maximum number of processes and threads. */
  readonly pids: number;
  /** Maximum number of open files. */
  readonly openFiles: number;
  /** Time for requests in flight after the stop signal. */
  readonly stopMs: number;
  /** Folders in memory: sizes in bytes by path. */
  readonly tmpfs: Readonly<Record<string, number>>;
}

/** Services, each with its log in files of at most a quarter of `host.journalMaxBytes`. */
const LOG_FILES = 4;
const MAX_SERVICES = 4;

/** Returns the part that is the same for every service: a read-only root, no capabilities, no new privileges, and limits. */
export function hardenedService(
  { host }: Deployment,
  { user }: Pick<Containers, 'user'>,
  options: ServiceOptions,
): Record<string, YamlValue> {
  const logBytes = Math.floor(host.journalMaxBytes / MAX_SERVICES / LOG_FILES);
  return {
    user: `${user}:${user}`,
    // A first process that passes signals on and reaps children that a program left.
    init: true,
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
    stop_grace_period: seconds(options.stopMs),
    mem_limit: options.memoryBytes,
    memswap_limit: options.memoryBytes,
    cpus: options.cpus,
    pids_limit: options.pids,
    ulimits: { nofile: options.openFiles, core: 0 },
    tmpfs: Object.entries(options.tmpfs).map(
      ([path, size]) => `${path}:size=${size},mode=1777,noexec,nosuid,nodev`,
    ),
    logging: {
      driver: 'json-file',
      options: { 'max-size': `${logBytes}`, 'max-file': `${LOG_FILES}` },
    },
  };
}

/** Secrets and volumes of a service, and those of the whole file. */
export interface ServiceState {
  readonly secrets: readonly YamlValue[];
  readonly volumes: readonly YamlValue[];
  /** Top-level secrets: files of this machine by name. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** Names of the top-level volumes. */
  readonly volumeNames: readonly string[];
}

/** Returns how a service gets its state: files as secrets, folders as volumes or folders of this machine. */
export function serviceState(containers: Containers, own: readonly ContainerState[]): ServiceState {
  const local = (path: string): string =>
    /^[/~]/.test(path) ? path : posix.join(posix.relative(containers.folder, '.'), path);
  const files = own.filter(({ kind }) => kind === 'file');
  const folders = own.filter(({ kind }) => kind === 'folder');
  const secretFiles: Record<string, string> = {};
  const secrets = files.map(({ path }) => {
    const source = nameOf(path);
    secretFiles[source] = local(containers.files.get(path) ?? `secrets/${posix.basename(path)}`);
    return { source, target: path };
  });
  const volumeNames: string[] = [];
  const volumes = folders.map(({ path, readOnly }): YamlValue => {
    const folder = containers.folders.get(path);
    if (folder === undefined) volumeNames.push(nameOf(path));
    return {
      ...(folder === undefined
        ? { type: 'volume', source: nameOf(path) }
        : { type: 'bind', source: local(folder), bind: { create_host_path: false } }),
      target: path,
      ...(readOnly && { read_only: true }),
    };
  });
  return { secrets, volumes, secretFiles, volumeNames };
}

/** Name of a secret or volume: the path, without characters that names lack. */
function nameOf(path: string): string {
  return path
    .slice(1)
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}
