import { posix } from 'node:path';

import {
  containerSettings,
  type ContainerProgram,
  type ContainerSettings,
  type Deployment,
} from '@fairlead/deploy-config';
import { Aws } from 'aws-cdk-lib';
import type { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';

import { warmUpSeconds } from '../scaling/warm-up-seconds.ts';
import type { ContainersOptions } from './containers-options.ts';
import { filesOf, variablesOf, type FileSecret } from './task-secrets.ts';

type ContainerDefinition = CfnTaskDefinition.ContainerDefinitionProperty;

/** Name of the container that writes files with secrets, and ends before the others start. */
const SECRETS_CONTAINER = 'secrets';

/** Memory of that container, in MiB; ECS counts it for the whole life of the task. */
const SECRETS_MIB = 128;

/** Memory of all containers, in MiB, as their definitions have it. */
export function containersMiB(deployment: Deployment): number {
  const programs = containerSettings(deployment).map(({ memoryBytes }) => programMiB(memoryBytes));
  const secrets = filesOf(deployment).length > 0 ? SECRETS_MIB : 0;
  return programs.reduce((sum, each) => sum + each, secrets);
}

function programMiB(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}

/** Names of the containers of a task. */
export function containerNames(deployment: Deployment): readonly string[] {
  return [
    ...containerSettings(deployment).map(({ program }) => program),
    ...(filesOf(deployment).length > 0 ? [SECRETS_CONTAINER] : []),
  ];
}

/** ECS buffers log lines of a container up to this size, and drops further ones: a slow log stops no request. */
const LOG_BUFFER = '4m';

/** Settings of every container of a task. */
export interface TaskContext {
  /** Result of `containerDeployment`. */
  readonly deployment: Deployment;
  readonly options: ContainersOptions;
  /** Name of the log group of a container. */
  readonly logGroup: (container: string) => string;
  /** Port of Nginx that the load balancer reaches, and of gRPC. */
  readonly ports: readonly number[];
}

function hardened({ options, logGroup }: TaskContext, name: string): ContainerDefinition {
  const { images, user = 10_001 } = options;
  const program: ContainerProgram = name === 'nginx' || name === 'flask' ? name : 'gateway';
  return {
    name,
    image: images[program] ?? '',
    readonlyRootFilesystem: true,
    user: `${user}:${user}`,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': logGroup(name),
        'awslogs-region': Aws.REGION,
        'awslogs-stream-prefix': name,
        mode: 'non-blocking',
        'max-buffer-size': LOG_BUFFER,
      },
    },
  };
}

/** Volumes of a container: sockets, state, `/tmp`, and files with secrets. */
function mountsOf({ program, sockets, state }: ContainerSettings, files: readonly FileSecret[]) {
  const folders = state.filter(({ kind }) => kind === 'folder');
  return [
    ...sockets.map(({ program: of, path, readOnly }) => ({
      ...{ sourceVolume: `${of}-socket`, containerPath: path, readOnly },
    })),
    { sourceVolume: `${program}-tmp`, containerPath: '/tmp', readOnly: false },
    ...folders.map(({ path }) => ({
      ...{ sourceVolume: volumeOf(path), containerPath: path, readOnly: false },
    })),
    ...(program === 'gateway' ? secretFolders(files) : []).map((folder) => ({
      ...{ sourceVolume: volumeOf(folder), containerPath: folder, readOnly: true },
    })),
  ];
}

/** Folders of files with secrets. */
export function secretFolders(files: readonly FileSecret[]): readonly string[] {
  return [...new Set(files.map(({ path }) => posix.dirname(path)))];
}

function volumeOf(path: string): string {
  return path.slice(1).replaceAll(/[^A-Za-z0-9]+/g, '-');
}

/** Seconds in which a container may be unhealthy after its start. */
export function startSeconds(
  { startPeriodMs }: Pick<ContainerSettings['health'], 'startPeriodMs'>,
  options: ContainersOptions,
): number {
  return Math.max(startPeriodMs / 1000, warmUpSeconds(options));
}

/** The container of a program. */
export function programContainer(
  context: TaskContext,
  settings: ContainerSettings,
): ContainerDefinition {
  const { deployment, options, ports } = context;
  const { program, environment, health, memoryBytes, openFiles, after } = settings;
  const files = filesOf(deployment);
  const secrets = variablesOf(deployment, program);
  const needed = after.map((name) => ({ containerName: name, condition: 'HEALTHY' }));
  const waits = program === 'gateway' && files.length > 0;
  return {
    ...hardened(context, program),
    essential: true,
    memory: programMiB(memoryBytes),
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ...(secrets.length > 0 && { secrets }),
    healthCheck: {
      command: ['CMD', ...health.command],
      interval: health.intervalMs / 1000,
      timeout: health.timeoutMs / 1000,
      retries: health.retries,
      startPeriod: startSeconds(health, options),
    },
    stopTimeout: Math.ceil(deployment.timeouts.stopMs / 1000),
    ulimits: [{ name: 'nofile', softLimit: openFiles, hardLimit: openFiles }],
    mountPoints: mountsOf(settings, files),
    ...(program === 'nginx' && {
      portMappings: ports.map((containerPort) => ({ containerPort, protocol: 'tcp' })),
    }),
    dependsOn: [
      ...needed,
      ...(waits ? [{ containerName: SECRETS_CONTAINER, condition: 'SUCCESS' }] : []),
    ],
  };
}

/** Writes each secret of its environment into its file, for the account of the containers only. */
const WRITE_FILES =
  "const { writeFileSync } = require('node:fs'); for (const [name, path] of Object.entries(JSON.parse(process.env.FILES))) writeFileSync(path, process.env[name], { mode: 0o600 });";

/** The container that writes files with secrets, which ECS passes in variables only; `undefined` when there are none. */
export function secretsContainer(context: TaskContext): ContainerDefinition | undefined {
  const files = filesOf(context.deployment);
  if (files.length === 0) return undefined;
  // Of the folders of the image, this one is writable for every account.
  const paths = Object.fromEntries(
    files.map(({ name, path }) => [name, `/tmp/${posix.basename(path)}`]),
  );
  return {
    ...hardened(context, SECRETS_CONTAINER),
    essential: false,
    command: ['node', '-e', WRITE_FILES],
    memory: SECRETS_MIB,
    environment: [{ name: 'FILES', value: JSON.stringify(paths) }],
    secrets: files.map(({ name, valueFrom }) => ({ name, valueFrom })),
    mountPoints: secretFolders(files).map((folder) => ({
      ...{ sourceVolume: volumeOf(folder), containerPath: '/tmp', readOnly: false },
    })),
  };
}
