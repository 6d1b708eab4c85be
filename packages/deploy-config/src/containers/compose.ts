import { posix } from 'node:path';

import type { Deployment } from '../deployment.ts';
import type { Address } from '../values/address.ts';
import { hardenedService, serviceState, type ServiceState } from './compose-service.ts';
import { redisHealth } from './container-health.ts';
import {
  containerSettings,
  type ContainerSettings,
  type SocketFolder,
} from './container-settings.ts';
import type { Containers } from './containers.ts';
import { seconds } from './dockerfile.ts';
import { REDIS_ADDRESS } from './resolve-containers.ts';
import type { YamlValue } from './serialize-yaml.ts';

const MEBIBYTE = 1024 ** 2;
const TMP = { '/tmp': 64 * MEBIBYTE };

const healthy = { condition: 'service_healthy' };

/** Volumes of sockets; only the server may write to its own. */
const SOCKETS = { gateway: 'gateway-socket', flask: 'flask-socket' } as const;

type Settings = readonly [deployment: Deployment, containers: Containers];

function image(program: string, [{ name }, { folder }]: Settings): Record<string, YamlValue> {
  return {
    image: `${name}-${program}`,
    build: {
      context: posix.relative(folder, '.'),
      dockerfile: `${folder}/${program}.Dockerfile`,
    },
  };
}

function socketVolume({ program, path: target, readOnly }: SocketFolder): YamlValue {
  return { type: 'volume', source: SOCKETS[program], target, ...(readOnly && { read_only: true }) };
}

/** Returns the part of a service that follows from the settings of its container. */
function serviceOf(
  [deployment, containers]: Settings,
  own: ContainerSettings,
  state: ServiceState,
  memoryBytes = own.memoryBytes,
): Record<string, YamlValue> {
  const { program, cores: cpus, pids, openFiles, temporaryBytes } = own;
  const redis = program === 'gateway' && containers.redisMemoryBytes !== undefined;
  const needed = [...own.after, ...(redis ? ['redis'] : [])];
  return {
    ...image(program, [deployment, containers]),
    ...hardenedService(deployment, containers, {
      ...{ memoryBytes, cpus, pids, openFiles, stopMs: deployment.timeouts.stopMs },
      tmpfs: { '/tmp': temporaryBytes },
    }),
    ...(needed.length > 0 && {
      depends_on: Object.fromEntries(needed.map((name) => [name, healthy])),
    }),
    ...(Object.keys(own.environment).length > 0 && { environment: own.environment }),
    volumes: [...own.sockets.map(socketVolume), ...state.volumes],
  };
}

function flaskService(settings: Settings, own: ContainerSettings, state: ServiceState): YamlValue {
  const secretsFile = settings[0].flask?.service?.secretsFile;
  return {
    ...serviceOf(settings, own, state),
    // A model is unpickled, which runs its code: it reaches nothing.
    network_mode: 'none',
    ...(secretsFile !== undefined && { env_file: Object.values(state.secretFiles) }),
  };
}

function gatewayService(
  settings: Settings,
  own: ContainerSettings,
  state: ServiceState,
): YamlValue {
  const redis = settings[1].redisMemoryBytes !== undefined;
  return {
    ...serviceOf(settings, own, state),
    networks: ['egress', ...(redis ? ['redis'] : [])],
    environment: {
      ...own.environment,
      ...(redis && { FAIRLEAD_REDIS_URL: `redis://${REDIS_ADDRESS}` }),
    },
    ...(state.secrets.length > 0 && { secrets: state.secrets }),
  };
}

/** Ports of this machine, at the addresses that the deployment names. */
function publishedPorts({ nginx: { listen }, grpc }: Deployment): YamlValue[] {
  const ofListen: readonly Address[] =
    listen.scheme === 'http'
      ? [listen.address]
      : [listen.port, listen.redirectPort].map((port) => ({
          ...{ kind: 'tcp', host: listen.host, port },
        }));
  return [...ofListen, ...(grpc?.address ? [grpc.address] : [])].flatMap((address) => {
    if (address.kind === 'unix') return [];
    const isEvery = ['0.0.0.0', '::'].includes(address.host);
    return [
      {
        target: address.port,
        published: address.port,
        ...(!isEvery && { host_ip: address.host }),
        protocol: 'tcp',
      },
    ];
  });
}

function nginxService(
  settings: Settings,
  own: ContainerSettings,
  state: ServiceState,
  ports: readonly YamlValue[],
): YamlValue {
  return {
    ...serviceOf(settings, own, state, settings[1].nginxMemoryBytes),
    networks: ['edge'],
    ports,
    // Ports below 1024, without a capability.
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
    ...(state.secrets.length > 0 && { secrets: state.secrets }),
  };
}

function redisService(settings: Settings): YamlValue | undefined {
  const [deployment, containers] = settings;
  const { images, redisMemoryBytes: memoryBytes } = containers;
  if (memoryBytes === undefined || images.redis === undefined) return undefined;
  const limits = {
    ...{ memoryBytes, cpus: 1, pids: 64, openFiles: 10_240, tmpfs: TMP },
    stopMs: deployment.timeouts.marginMs,
  };
  const { command, intervalMs, timeoutMs, retries } = redisHealth();
  return {
    image: images.redis,
    ...hardenedService(deployment, containers, limits),
    networks: ['redis'],
    entrypoint: [],
    command: ['redis-server', '/etc/redis.conf'],
    working_dir: '/tmp',
    healthcheck: {
      test: ['CMD', ...command],
      ...{ interval: seconds(intervalMs), timeout: seconds(timeoutMs), retries },
    },
    volumes: [
      {
        ...{ type: 'bind', source: './redis.conf', target: '/etc/redis.conf', read_only: true },
        bind: { create_host_path: false },
      },
    ],
  };
}

/**
 * Returns the Compose file: services that start in the order of their dependencies, each when the one before is healthy; only Nginx has published ports.
 *
 * @param deployment result of `containerDeployment`
 * @param given the same deployment before, whose addresses of Nginx are published
 */
export function composeFile(
  deployment: Deployment,
  given: Deployment,
  containers: Containers,
): YamlValue {
  const settings: Settings = [deployment, containers];
  const redis = redisService(settings);
  const secretFiles: Record<string, string> = {};
  const volumes: string[] = [];
  const services: Record<string, YamlValue> = {};
  for (const own of containerSettings(deployment)) {
    const state = serviceState(containers, own.state);
    volumes.push(...state.volumeNames);
    if (own.program === 'flask') services.flask = flaskService(settings, own, state);
    else Object.assign(secretFiles, state.secretFiles);
    if (own.program === 'gateway') services.gateway = gatewayService(settings, own, state);
    if (own.program === 'nginx') {
      services.nginx = nginxService(settings, own, state, publishedPorts(given));
    }
  }
  const sockets = [SOCKETS.gateway, ...(deployment.flask ? [SOCKETS.flask] : [])];
  return escapeVariables({
    name: deployment.name,
    services: {
      ...services,
      ...(redis !== undefined && { redis }),
    },
    networks: {
      edge: {},
      egress: {},
      ...(redis !== undefined && { redis: { internal: true } }),
    },
    volumes: Object.fromEntries([...sockets, ...volumes].map((name) => [name, {}])),
    ...(Object.keys(secretFiles).length > 0 && {
      secrets: Object.fromEntries(
        Object.entries(secretFiles).map(([name, file]) => [name, { file }]),
      ),
    }),
  });
}

/** Compose expands variables in every text. */
function escapeVariables(value: YamlValue): YamlValue {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return (value as readonly YamlValue[]).map(escapeVariables);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, escapeVariables(item)]),
  );
}
