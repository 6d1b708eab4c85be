import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@fairlead/monitoring';
import type { ModelRegistry } from '@fairlead/registry';
import { CodecPool, shutDownGracefully, type ModelSource } from '@fairlead/serving';
import type { OptionNames } from '@fairlead/signature';
import { openGuard } from './access/open-guard.ts';
import { createRoutingKeys } from './access/routing-keys.ts';
import { openGrpc } from './grpc/open-grpc.ts';
import { createBodyMemory } from './http/create-body-memory.ts';
import { createHttpServer } from './http/create-http-server.ts';
import { openPages } from './http/open-pages.ts';
import { routeGroups } from './http/route-groups.ts';
import { openJobs } from './jobs/open-jobs.ts';
import { isInherited, requireInherited } from './listening/listen-on.ts';
import { Listener } from './listening/listener.ts';
import { createModels } from './models/create-models.ts';
import { ModelDiscovery } from './models/model-discovery.ts';
import { checkNames, loadModels } from './models/load-models.ts';
import { openRegistry, registrySource } from './models/open-registry.ts';
import { createResponseCaches } from './models/response-caches.ts';
import { createMonitoring, SERVICE, type Monitoring } from './monitoring/create-monitoring.ts';
import type { LogDestination, Logger } from './monitoring/logger.ts';
import { openTracing } from './monitoring/open-tracing.ts';
import { createProtocols } from './protocols/create-protocols.ts';
import { invocationsWarnings } from './protocols/invocations-warnings.ts';
import { openNotices } from './notices/open-notices.ts';
import type { ProcessGroup } from './process-group/process-group.ts';
import { openRecording } from './recording/open-recording.ts';
import { ServedVersions } from './recording/served-versions.ts';
import { openRollouts } from './rollouts/open-rollouts.ts';
import { warmUpGateway } from './warm-up/warm-up-gateway.ts';
import { checkArguments } from './settings/check-arguments.ts';
import { SettingsError } from './settings/settings-error.ts';
import type { Settings } from './settings/settings.ts';

/** A gateway that listens, or that listens as soon as its models are loaded. */
export interface Gateway {
  readonly server: Server;
  /**
   * Settles when the first attempt to load each model has ended and the gateway listens; rejects when the models can't be listed, or
   * when it can't listen on an inherited socket.
   */
  readonly loaded: Promise<void>;
  /** Returns whether every model can answer. */
  isReady(): Promise<boolean>;
  /** Shuts down without losing a request; resolves to true when every request was answered in time. */
  close(): Promise<boolean>;
}

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** Receives the log. */
  readonly log: LogDestination;
  /**
   * Processes that answer requests together with this one, for those that `runGateway` and `startProcesses` start.
   * @defaultValue none
   * @internal
   */
  readonly processes?: ProcessGroup;
}

const optionNames: OptionNames<GatewayOptions> = { log: 'required', processes: 'optional' };

/**
 * Wires the libraries together and listens: at once, reporting that it isn't ready until the models are loaded; on an inherited
 * socket only after that, so that connections wait in the socket until then.
 *
 * @throws SettingsError naming the setting whose value can't be used, or an unknown or missing argument.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createGateway, readSettings } from '@fairlead/gateway';
 *
 * const settings = readSettings({
 *   FAIRLEAD_REGISTRY: await mkdtemp(join(tmpdir(), 'registry-')),
 *   FAIRLEAD_LISTEN: '127.0.0.1:0',
 *   FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
 * });
 * const gateway = await createGateway(settings, { log: { write: () => undefined } });
 * await gateway.loaded;
 * console.log(await gateway.isReady()); // false
 * console.log(await gateway.close()); // true
 * ```
 */
export async function createGateway(settings: Settings, options: GatewayOptions): Promise<Gateway> {
  checkOptions(settings, options);
  const { log: destination, processes } = options;
  const logger = createLogger({ destination, service: SERVICE, level: settings.logLevel });
  const notices = await openNotices(settings, logger, processes);
  const { drift, onError, logError } = notices;
  const monitoring = await createMonitoring(settings, onError, processes);
  const { metrics } = monitoring;
  notices.measure(metrics);
  processes?.measure(metrics.registry, notices.errorGroups);
  const protocols = createProtocols(settings, () => [
    ...access.warnings(),
    ...invocationsWarnings(settings, models.models),
  ]);
  const tracing = await openTracing(settings, { routeGroup: routeGroups(protocols), logger });
  const access = await openGuard(settings, protocols, { ...monitoring, logger, processes });
  const { guard } = access;
  const { registry, store, checkStore } = await openRegistry(settings, onError);
  checkNames(registry, settings);
  const codec = new CodecPool({ threads: settings.codecThreads });
  const caches = await createResponseCaches(settings, onError);
  const discovery = new ModelDiscovery({
    ...{ registry, onError, alias: settings.alias, pollIntervalMs: settings.pollIntervalMs },
    isServed: (model) => models.models.includes(model),
    load: (model) => models.load(model),
  });
  const versions = new ServedVersions(() => models, onError);
  const source = openSource(settings, { registry, discovery, versions, monitoring, onError });
  const cacheOf = (model: string) => caches.of(model);
  const onEvent = logEvents(logger);
  const recorded = { registry, store, versions, ...monitoring, onEvent, drift, onError };
  const recording = await openRecording(settings, recorded);
  const rollouts = openRollouts(settings, { ...recorded, notices, models: () => models });
  const watched = { metrics, tracing, recording, rollouts, notices, logger };
  const opened = createModels(settings, { source, cacheOf, codec, ...watched });
  const { models } = opened;
  const bodies = createBodyMemory(settings);
  // The observer of the models reports their failed requests, so that their errors are only logged.
  const reports = { client: guard.clientOf, metrics, onError: logError };
  const routingKeys = createRoutingKeys(settings);
  const shared = { models, protocols, bodies, codec, routingKeys, ...reports };
  const jobs = await openJobs(settings, { ...shared, onEvent, charge: guard.chargeOfJob });
  const pages = openPages(settings, { ...shared, guard, recording, rollouts, notices, processes });
  const http = { ...shared, guard, app: pages.app, jobs: jobs?.handler, tracing, logger };
  const server = createHttpServer(settings, http);

  const grpc = { ...shared, tracing, onError, isPassed: processes !== undefined };
  const startGrpc = () => openGrpc(settings, models, guard, grpc);
  const closing = new AbortController();
  const listener = new Listener(settings, server, startGrpc, { logger, processes });

  async function load(): Promise<void> {
    // An unreachable store doesn't delay models that are cached.
    const checked = checkStore();
    checked.catch(() => undefined);
    await loadModels(settings, {
      ...{ registry, models, discovery, logger, onError },
      warmUp: () => warmUpGateway(settings, http, closing.signal),
    });
    await checked;
    // A job of a model that isn't served yet would fail.
    jobs?.start();
    rollouts?.start();
  }
  const { loaded } = await openThenLoad(settings, { listener, load, processes });
  loaded.catch(() => undefined); // The caller of a gateway that is closed early may not await it.

  return {
    server,
    loaded,
    isReady: () => models.ready(),
    async close() {
      closing.abort();
      listener.prepareToClose();
      const searched = discovery.close();
      const { shutdownGraceMs: graceMs, notReadyMs, idleGraceMs: idleMs } = settings;
      const closeOther = async (withinMs: number): Promise<boolean> => {
        const [answered] = await Promise.all([listener.closeGrpc(withinMs), jobs?.close(withinMs)]);
        return answered;
      };
      const connections = () => listener.endPassedConnections();
      const options = { graceMs, notReadyMs, idleMs, closeOther, connections };
      const clean = await shutDownGracefully(server, models, options);
      await searched;
      access.close();
      pages.close();
      caches.close();
      await opened.close();
      await codec.close();
      await Promise.all([rollouts?.close(), recording.close()]);
      for (const each of [tracing, monitoring, notices]) await each?.close();
      logger.info({ clean }, 'stopped');
      return clean;
    },
  };
}

/** Returns the registry as the source of models. */
function openSource(
  settings: Settings,
  {
    registry,
    discovery,
    versions,
    monitoring: { staleness },
    onError,
  }: {
    readonly registry: ModelRegistry;
    readonly discovery: ModelDiscovery;
    readonly versions: ServedVersions;
    readonly monitoring: Monitoring;
    readonly onError: (error: unknown) => void;
  },
): ModelSource {
  return registrySource(registry, settings, {
    ...{ staleness, hint: discovery.hint.bind(discovery), onError },
    knowsModels: () => settings.models !== undefined || discovery.isListed,
    onOpen: versions.add.bind(versions),
  });
}

/** @throws SettingsError for an unknown or missing argument, and when the settings are those of several processes, and this is the only one. */
function checkOptions(settings: Settings, options: GatewayOptions): void {
  checkArguments(settings, options, optionNames);
  if (settings.processes === 1 || options.processes !== undefined) return;
  throw new SettingsError(
    `FAIRLEAD_PROCESSES is ${settings.processes ?? 'auto'}, but createGateway runs in one process; call runGateway or startProcesses, or leave it out`,
  );
}

/**
 * Listens at once and loads the models; on an inherited socket, and as one of several processes, it listens only when they are loaded.
 *
 * @returns what settles when both have happened
 */
async function openThenLoad(
  settings: Settings,
  {
    listener,
    load,
    processes,
  }: {
    readonly listener: Listener;
    readonly load: () => Promise<void>;
    readonly processes: ProcessGroup | undefined;
  },
): Promise<{ readonly loaded: Promise<void> }> {
  // Other processes answer until this one can.
  if (processes !== undefined) return { loaded: loadThenOpen(listener, load(), settings) };
  if (!isInherited(settings.listen)) {
    await listener.open();
    return { loaded: load() };
  }
  requireInherited(settings.listen, 'FAIRLEAD_LISTEN');
  return { loaded: loadThenOpen(listener, load(), settings) };
}

/** Listens when the models are loaded, but after `listenWaitMs` at the latest: waiting clients then get at least "not ready". */
async function loadThenOpen(
  listener: Listener,
  loading: Promise<void>,
  { deadlineMs, listenWaitMs = deadlineMs }: Settings,
): Promise<void> {
  await Promise.race([loading, sleep(listenWaitMs, undefined, { ref: false })]);
  await listener.open();
  await loading;
}

/** Returns a function that logs events, those with an error at the level `error`. */
function logEvents(logger: Logger): (event: { readonly type: string }) => void {
  return ({ type, ...fields }) => {
    if ('error' in fields) logger.error({ ...fields, err: fields.error }, type);
    else logger.info(fields, type);
  };
}
