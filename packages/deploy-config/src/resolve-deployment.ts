import { resolveAcme } from './certificate/acme.ts';
import { perAddressFor } from './checks/connections.ts';
import type { ParsedDeployment } from './deployment-schema.ts';
import type { Deployment, Listen, Service, Upstream } from './deployment.ts';
import { chooseProcesses } from './choose-processes.ts';
import { gatewayBytes } from './gateway-bytes.ts';
import { idleGraceMs } from './idle-grace.ts';
import { workerConnectionsFor } from './nginx/open-files.ts';
import { resolveSecrets } from './secrets/resolve-secrets.ts';
import { resolveBackup } from './state/backup.ts';
import { resolveTimeouts } from './resolve-timeouts.ts';
import type { AbsolutePath } from './values/absolute-path.ts';
import type { Address } from './values/address.ts';

const mebibyte = 1024 ** 2;
const DEFAULT_WORKER_BYTES = 512 * mebibyte;

/** Account of Nginx's workers on Debian and Ubuntu. */
const DEFAULT_NGINX_USER = 'www-data';

function socketIn(folder: AbsolutePath, file: string): Address {
  return { kind: 'unix', path: `${folder}/${file}` as AbsolutePath };
}

function resolveListen(listen: ParsedDeployment['nginx']['listen'], name: string): Listen {
  if (listen.scheme === 'http') return { ...listen, names: listen.names ?? [] };
  const { host = '0.0.0.0', port = 443, redirectPort = 80, acme } = listen;
  const folder = `/etc/${name}/tls`;
  const {
    certificateFile = `${folder}/certificate.pem` as AbsolutePath,
    certificateKeyFile = `${folder}/key.pem` as AbsolutePath,
  } = listen;
  return {
    ...listen,
    ...{ host, port, redirectPort, certificateFile, certificateKeyFile },
    acme: resolveAcme(acme, name),
  };
}

function resolveService(given: ParsedDeployment['gateway']['service']): Service | undefined {
  if (!given) return undefined;
  const { user, group = user, workingFolder, secretsFile, writableFolders = [] } = given;
  return { user, group, workingFolder, secretsFile, writableFolders };
}

function resolveFlask(given: ParsedDeployment, allGatewayBytes: number): Deployment['flask'] {
  const { flask, host, layout } = given;
  if (!flask) return undefined;
  const {
    threads = 1,
    modelThreads = 1,
    workerMemoryBytes = DEFAULT_WORKER_BYTES,
    environment = {},
  } = flask;
  const byCores = Math.floor(host.cores / (threads * modelThreads));
  const byMemory = Math.floor((host.memoryBytes - allGatewayBytes) / workerMemoryBytes);
  return {
    app: flask.app,
    folder: flask.folder,
    gunicorn: flask.gunicorn,
    listen: flask.listen ?? socketIn(layout.socketFolder, 'flask.sock'),
    workers: flask.workers ?? Math.max(1, Math.min(byCores, byMemory)),
    threads,
    modelThreads,
    workerMemoryBytes,
    maxRequests: flask.maxRequests ?? 0,
    dangerouslyPreloadApp: flask.dangerouslyPreloadApp ?? false,
    service: resolveService(flask.service),
    environment,
  };
}

/** Leaves the memory of Flask's workers: of one where the deployment doesn't name their number. */
function resolveProcesses(
  { gateway, flask, host }: ParsedDeployment,
  processBytes: number,
): { readonly processes: number; readonly reason?: string } {
  const { processes, computeMs } = gateway;
  if (processes !== undefined) return { processes };
  const { workers = 1, workerMemoryBytes = DEFAULT_WORKER_BYTES } = flask ?? {};
  const memoryBytes = host.memoryBytes - (flask ? workers * workerMemoryBytes : 0);
  return chooseProcesses({ cores: host.cores, memoryBytes, processBytes, computeMs });
}

function resolveGrpc({ grpc, layout }: ParsedDeployment): Deployment['grpc'] {
  if (!grpc) return undefined;
  const gatewayListen = grpc.gatewayListen ?? socketIn(layout.socketFolder, 'grpc.sock');
  return { address: grpc.address, gatewayListen };
}

function resolvePerAddress(
  given: ParsedDeployment['nginx']['perAddress'],
  workerConnections: number,
): Deployment['nginx']['perAddress'] {
  if (given === false) return false;
  const maxConnections = Math.max(1, Math.min(200, perAddressFor(workerConnections)));
  const { requestsPerSecond = 200, burst = 400, connections = maxConnections } = given ?? {};
  return { requestsPerSecond, burst, connections };
}

/** Fills in all defaults; the rules between settings are checked afterwards. */
export function resolveDeployment(given: ParsedDeployment): Deployment {
  const { name = 'fairlead', target, layout, keepAlive = {}, nginx } = given;
  const host = {
    ...given.host,
    openFiles: given.host.openFiles ?? 65_536,
    journalMaxBytes: given.host.journalMaxBytes ?? 1_000_000_000,
    timeServers: given.host.timeServers ?? ['169.254.169.123', 'fd00:ec2::123'],
    automaticUpdates: given.host.automaticUpdates ?? true,
  };
  const workerConnections =
    nginx.workerConnections ?? Math.min(16_384, workerConnectionsFor(host.openFiles));
  const listen = given.gateway.listen ?? socketIn(layout.socketFolder, 'gateway.sock');
  const gatewayMemoryBytes = given.gateway.memoryBytes ?? 1024 * mebibyte;
  const service = resolveService(given.gateway.service);
  const { processes, reason: processesReason } = resolveProcesses(given, gatewayMemoryBytes);
  const flask = resolveFlask(given, gatewayBytes({ processes, memoryBytes: gatewayMemoryBytes }));
  const { connections: keepAliveConnections = 32, upstreamMs = 1_000 } = keepAlive;
  const routes = nginx.routes ?? [{ path: '/', upstream: 'gateway' }];

  const upstreams: Record<string, Upstream> = {};
  for (const [upstream, { servers, keepAliveConnections: connections = 0 }] of Object.entries(
    nginx.upstreams ?? {},
  )) {
    upstreams[upstream] = { servers, keepAliveConnections: connections };
  }
  upstreams.gateway = { servers: [listen], keepAliveConnections };
  if (flask && routes.some(({ upstream }) => upstream === 'flask')) {
    // Keep-alive connections to a threaded Gunicorn lose requests when it replaces a worker (benoitc/gunicorn #3038).
    upstreams.flask = { servers: [flask.listen], keepAliveConnections: 0 };
  }

  return {
    name,
    target: {
      nginx: target.nginx,
      openssl: target.openssl ?? [3, 0, 0],
      gunicorn: target.gunicorn ?? [27, 0, 1],
      systemd: target.systemd ?? [252, 0, 0],
    },
    host,
    layout,
    timeouts: resolveTimeouts(given.timeouts, idleGraceMs({ upstreamMs })),
    keepAlive: {
      clientMs: keepAlive.clientMs ?? 60_000,
      nginxMs: keepAlive.nginxMs ?? 75_000,
      upstreamMs,
      gatewayMs: keepAlive.gatewayMs ?? 75_000,
      connections: keepAliveConnections,
    },
    maxBodyBytes: given.maxBodyBytes ?? 16 * mebibyte,
    nginx: {
      listen: resolveListen(nginx.listen, name),
      user: nginx.user ?? (layout.supervisor === 'systemd' ? DEFAULT_NGINX_USER : undefined),
      workers: nginx.workers ?? host.cores,
      workerConnections,
      publicScheme: nginx.publicScheme ?? nginx.listen.scheme,
      accessLog: nginx.accessLog ?? true,
      requestErrorLog: nginx.requestErrorLog ?? false,
      perAddress: resolvePerAddress(nginx.perAddress, workerConnections),
      trustedProxies: nginx.trustedProxies ?? [],
      healthPaths: nginx.healthPaths ?? ['/v2/health/live', '/v2/health/ready'],
      routes: routes.map(({ path, match = 'prefix', upstream, bufferRequests }) => ({
        path,
        match,
        upstream,
        bufferRequests: bufferRequests ?? upstream !== 'gateway',
      })),
      upstreams,
    },
    gateway: {
      listen,
      processes,
      ...(processesReason !== undefined && { processesReason }),
      memoryBytes: gatewayMemoryBytes,
      command: given.gateway.command,
      service,
      environment: given.gateway.environment ?? {},
    },
    flask,
    secrets: resolveSecrets(
      given.secrets ?? [],
      given.gateway.environment?.FAIRLEAD_KEYS_FILE,
      service?.group,
    ),
    backup: resolveBackup(given.backup),
    cloudWatch: given.cloudWatch && {
      namespace: given.cloudWatch.namespace ?? 'Fairlead/Host',
      logGroup: given.cloudWatch.logGroup ?? `/${name}`,
      retentionDays: given.cloudWatch.retentionDays ?? 30,
    },
    grpc: resolveGrpc(given),
  };
}
