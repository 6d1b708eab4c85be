import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, InferenceMetrics } from '@fairlead/monitoring';
import { createApiKey } from '@fairlead/security';
import type { LoadedVersion } from '@fairlead/serving';
import { createGuard } from '../access/guard.ts';
import { createBodyMemory } from '../http/create-body-memory.ts';
import { createHttpServer, type HttpDependencies } from '../http/create-http-server.ts';
import { isInherited } from '../listening/listen-on.ts';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { Settings } from '../settings/settings.ts';
import { serveLoaded } from './serve-loaded.ts';
import { sendWarmUpLoad } from './warm-up-load.ts';
import { MAX_REQUESTS, warmUpBody, warmUpRequests } from './warm-up-requests.ts';

/** Models that take different ways through the code; the code of others is the same. */
const MAX_MODELS = 3;
/**
 * V8 compiles for what it has seen: after one server, the code would be compiled again for the functions of the gateway's own. After two,
 * it takes any.
 */
const SERVERS = 2;

/**
 * Opens the pages, and lets V8 compile the path of a request before clients need it: the first models answer requests over HTTP for `warmUpMs` in all, with inputs that they
 * have answered when they were loaded, through a guard, protocols and metrics that exist for the warm-up only. Nothing of it is counted, cached or recorded; the log says how many
 * requests there were, or which one failed.
 *
 * @param signal - ends the warm-up early, as the gateway closes
 */
export async function warmUpGateway(
  settings: Settings,
  http: HttpDependencies,
  signal: AbortSignal,
): Promise<void> {
  // Before the gateway is ready: to import it would hold up requests.
  await http.app();
  const startedAt = performance.now();
  // Versions of other runtimes compute elsewhere.
  const versions = http.models.loadedVersions
    .filter(({ runtime }) => runtime.placement !== undefined)
    .slice(0, MAX_MODELS);
  const { warmUpMs, protocols } = settings;
  if (warmUpMs === 0 || versions.length === 0 || !protocols.includes('open-inference')) return;
  try {
    let requests = 0;
    const rounds = Array.from({ length: SERVERS }, () => versions).flat();
    for (const [index, version] of rounds.entries()) {
      const leftMs = warmUpMs - (performance.now() - startedAt);
      const ownMs = Math.max(0, Math.round(leftMs / (rounds.length - index)));
      requests += await warmUpVersion(version, ownMs, { settings, http, signal });
    }
    if (signal.aborted) return;
    http.logger.info({ requests, durationMs: performance.now() - startedAt }, 'warmed up');
  } catch (error) {
    // The models of a gateway that closes answer no more.
    if (signal.aborted) return;
    http.logger.warn(
      { err: error },
      'the warm-up ended early, so that the first requests may be slower',
    );
  }
}

async function warmUpVersion(
  version: LoadedVersion,
  durationMs: number,
  {
    settings,
    http,
    signal,
  }: {
    readonly settings: Settings;
    readonly http: HttpDependencies;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const body = warmUpBody(version, settings.maxBodyBytes);
  if (body === undefined) return 0;
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-warm-up-'));
  const metrics = new InferenceMetrics();
  const timeoutMs = Math.max(1, durationMs);
  const served = { observer: metrics, timeoutMs, requests: MAX_REQUESTS };
  const models = await serveLoaded(version, settings, served);
  try {
    // Requests of a version that takes so long hardly depend on the code around it.
    if (!(await models.ready())) return 0;
    const { server, key, close } = await createOwnServer(folder, settings, {
      ...http,
      ...{ models, metrics },
    });
    try {
      return await sendWarmUpLoad({
        address: await listenAlike(server, settings, folder),
        requests: warmUpRequests(version, body, key),
        ...{ durationMs, signal },
      }).catch((error: unknown) => {
        // Another version has replaced it.
        if (version.draining) return 0;
        throw error;
      });
    } finally {
      close();
    }
  } finally {
    await models.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Listens where only this process connects, on the same kind of socket as the gateway: V8 compiles for the objects of that kind. */
async function listenAlike(
  server: Server,
  { listen }: Settings,
  folder: string,
): Promise<NetConnectOpts> {
  const path = join(folder, 'http.sock');
  // Sockets of systemd are Unix sockets.
  const isUnix = listen.startsWith('unix:') || isInherited(listen);
  server.listen(isUnix ? { path } : { host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const bound = server.address();
  return bound === null || typeof bound === 'string'
    ? { path }
    : { host: '127.0.0.1', port: bound.port };
}

/** Creates the server of a warm-up, with a key for it if the gateway needs keys. */
async function createOwnServer(
  folder: string,
  settings: Settings,
  http: HttpDependencies,
): Promise<{
  readonly server: Server;
  readonly key: string | undefined;
  readonly close: () => void;
}> {
  const own = { ...settings, rateLimit: Number.MAX_SAFE_INTEGER };
  let ownKey: string | undefined;
  if (settings.keysFile !== undefined) {
    const pepper = randomBytes(32).toString('hex');
    const { key, record } = createApiKey({ pepper, client: 'warm-up', scopes: ['infer:*'] });
    const keysFile = join(folder, 'keys.json');
    await writeFile(keysFile, JSON.stringify({ keys: [record] }), { mode: 0o600 });
    Object.assign(own, { keysFile, pepper });
    ownKey = key;
  }
  const guard = await createGuard(own, http.protocols);
  const destination = { write: () => undefined };
  const server = createHttpServer(own, {
    ...http,
    ...{ guard, client: guard.clientOf, bodies: createBodyMemory(settings) },
    ...{ jobs: undefined, tracing: undefined },
    logger: createLogger({ destination, service: SERVICE, level: settings.logLevel }),
    onError: () => undefined,
  });
  return {
    ...{ server, key: ownKey },
    close() {
      guard.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
