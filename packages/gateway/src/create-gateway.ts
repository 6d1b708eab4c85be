import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  combineObservers,
  createLogger,
  httpMetrics,
  InferenceMetrics,
  metricsHandler,
  requestLog,
  modelMemoryMetrics,
  StalenessMetrics,
} from '@fairlead/monitoring';
import { CloudWatchPublisher, cloudWatchObserver } from '@fairlead/monitoring/cloudwatch';
import type { ModelRegistry } from '@fairlead/registry';
import { chain, getRequestId, problemErrors } from '@fairlead/security';
import {
  BodyMemory,
  CodecPool,
  createInferenceHandler,
  findTraceContext,
  ModelServer,
  openApiHandler,
  shutDownGracefully,
  type Fallback,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { upstreamRuntime } from '@fairlead/serving/upstream';
import express from 'express';
import { invocationsWarnings } from './invocations-warnings.ts';
import { createDialects } from './dialects.ts';
import { docsPage } from './docs-page.ts';
import { createGuard } from './guard.ts';
import { homePage } from './home-page.ts';
import { KeysFileHealth } from './keys-file-health.ts';
import { isInherited, listenOn, requireInherited } from './listen-on.ts';
import { openJobs } from './open-jobs.ts';
import { openRegistry, registrySource } from './open-registry.ts';
import { createResponseCaches } from './response-caches.ts';
import { routeGroups } from './route-groups.ts';
import { forSetting } from './settings/settings-error.ts';
import { PREVIOUS_VERSION, type Settings } from './settings/settings.ts';
import { startGrpc, type Grpc } from './start-grpc.ts';

const SERVICE = 'fairlead-gateway';
const MAX_ELEMENT_BYTES = 8;

/** A gateway that listens, or will as soon as its models are loaded. */
export interface Gateway {
  readonly server: Server;
  /**
   * Settles when each model was tried to be loaded, and it listens; rejects when it can't be known which there are, or
   * when it can't listen on a socket that it was given.
   */
  readonly loaded: Promise<void>;
  /** Whether every model can answer. */
  isReady(): Promise<boolean>;
  /** Shuts down without losing a request; true when everything was answered in time. */
  close(): Promise<boolean>;
}

/** Destination of a log, such as `process.stdout`. */
export interface LogDestination {
  /** Receives one line of JSON. */
  write(line: string): unknown;
}

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** Receives the log. */
  readonly log: LogDestination;
}

/**
 * Wires the libraries together and listens: at once, saying truthfully that it isn't ready until the models are
 * loaded, or on a socket that somebody else holds only then, so that connections wait in it meanwhile.
 *
 * @throws SettingsError when a setting's value turns out to be of no use, naming it.
 */
export async function createGateway(
  settings: Settings,
  { log: destination }: GatewayOptions,
): Promise<Gateway> {
  const logger = createLogger({ destination, service: SERVICE, level: settings.logLevel });
  const onError = (error: unknown): void => {
    logger.error({ err: error }, 'failed');
  };
  const metrics = new InferenceMetrics();
  const keysFile =
    settings.keysFile === undefined ? undefined : new KeysFileHealth(metrics.registry);
  const dialects = createDialects(settings, () => warnings());
  const guard = await createGuard(settings, dialects, {
    onReload: (keys) => {
      logger.info({ keys }, 'keys reloaded');
    },
    onError: (error) => {
      keysFile?.failed();
      logger.error({ err: error }, 'keys file not taken over');
    },
    onRecovery: () => {
      logger.info({ seconds: keysFile?.seconds }, 'keys file taken over again');
      keysFile?.recovered();
    },
  });

  const publisher = createPublisher(settings, onError);
  const observer = publisher
    ? combineObservers(metrics, cloudWatchObserver(publisher, { service: SERVICE }))
    : metrics;

  const keysFilePublishing = publisher && keysFile?.publishTo(publisher, SERVICE);
  const staleness = new StalenessMetrics({ registry: metrics.registry });
  const { registry, checkStore } = await openRegistry(settings, onError);
  checkNames(registry, settings);
  const codec = new CodecPool({ threads: settings.codecThreads });
  const upstreams = forSetting('FAIRLEAD_FLASK_ADDRESS', () =>
    upstreamRuntime(flaskUpstream(settings), { codec }),
  );
  const caches = createResponseCaches(settings, onError);
  const models = new ModelServer({
    alias: settings.alias,
    serveOptions: (model) => ({ cache: caches.of(model), fallback: fallbackOf(model, settings) }),
    maxModels: settings.maxModels,
    source: registrySource(registry, settings, staleness, onError),
    runtimes: {
      onnx: onnxRuntime({
        ...(settings.onnxWorkers !== undefined && { workers: settings.onnxWorkers }),
        ...(settings.onnxThreads !== undefined && { intraOpThreads: settings.onnxThreads }),
        executionTimeoutMs: settings.deadlineMs,
        loadTimeoutMs: settings.loadTimeoutMs,
      }),
      upstream: upstreams,
    },
    observer,
    requestTimeoutMs: settings.deadlineMs,
    maxQueued: settings.maxQueued,
    maxBatchRows: settings.maxBatchRows,
    maxRowsPerRequest: settings.maxRowsPerRequest,
    // A version whose smallest request no body can hold isn't loaded: an element takes at most 8 bytes, and at least one of the body.
    maxInputBytes: Math.min(settings.maxBodyBytes * MAX_ELEMENT_BYTES, 2 ** 31 - 1),
    onEvent: (event) => {
      const { type, ...fields } = event;
      if (type === 'swapped') metrics.track(event.model, String(event.version));
      if (type === 'unloaded' && !isLoaded(event)) {
        metrics.forget(event.model, String(event.version));
      }
      if ('error' in fields) logger.error({ ...fields, err: fields.error }, type);
      else logger.info(fields, type);
    },
  });

  const warnings = (): readonly string[] => [
    ...(keysFile?.warnings ?? []),
    ...invocationsWarnings(settings, models.models),
  ];

  modelMemoryMetrics({
    registry: metrics.registry,
    read: () =>
      models.loadedVersions.flatMap(({ label, runtime }) =>
        runtime.memory === undefined ? [] : [{ ...label, ...runtime.memory }],
      ),
  });

  // Who goes back and forth between versions may have one loaded again before its predecessor is gone.
  function isLoaded({ model, version }: { model: string; version: number }): boolean {
    return models.loadedVersions.some(
      ({ label }) => label.model === model && label.version === String(version),
    );
  }

  const bodies = createBodyMemory(settings);
  const client = guard.clientOf;
  const jobs = await openJobs(settings, {
    models,
    bodies,
    codec,
    client,
    dialects,
    metrics,
    onError,
    onEvent: ({ type, ...fields }) => {
      if ('error' in fields) logger.error({ ...fields, err: fields.error }, type);
      else logger.info(fields, type);
    },
  });

  const app = express().disable('x-powered-by');
  app.get('/', homePage(models));
  app.get('/docs', docsPage());
  const secured = settings.keysFile !== undefined;
  app.use(
    openApiHandler(models, {
      dialects,
      title: 'Fairlead',
      secured,
      showsExample: (req, model) => guard.mayInfer(req, model),
    }),
  );
  app.get(
    '/metrics',
    guard.requires('metrics'),
    metricsHandler(metrics.registry, { processMetrics: true }),
  );

  const handler = chain(
    httpMetrics({ registry: metrics.registry, routeGroup: routeGroups(dialects) }),
    requestLog({ logger, requestId: (req) => getRequestId(req), trace: findTraceContext }),
    guard.chain,
    ...(jobs ? [jobs.handler] : []),
    createInferenceHandler(models, {
      dialects,
      maxBodyBytes: settings.maxBodyBytes,
      bodies,
      codec,
      client,
      requestId: getRequestId,
      onError,
    }),
    (req, res, next) => {
      // Express takes a `next` for what it doesn't answer; its types don't say so.
      Reflect.apply(app, undefined, [req, res, next]);
    },
    problemErrors({ onError }),
  );
  const server = createServer(
    {
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      connectionsCheckingInterval: 1000,
    },
    (req, res) => {
      handler(req, res);
    },
  );
  let grpc: Grpc | undefined;
  let isClosing = false;
  async function open(): Promise<void> {
    if (isClosing) return;
    await listenOn(server, settings.listen, 'FAIRLEAD_LISTEN');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    logger.info({ listen: settings.listen, ...(port !== undefined && { port }) }, 'listening');
    grpc = await startGrpc(settings, models, guard, { bodies, codec, onError }).catch(
      (error: unknown) => {
        server.close();
        throw error;
      },
    );
    if (grpc !== undefined) {
      logger.info({ listen: settings.grpcListen, port: grpc.port }, 'listening for gRPC');
    }
  }

  async function load(): Promise<void> {
    // A store that is away holds up no model that is cached.
    const checked = checkStore();
    checked.catch(() => undefined);
    const served = settings.models ?? (await modelsWith(registry, settings.alias, onError));
    await Promise.all(served.map((model) => models.serve(model)));
    for (const [model, fallback] of settings.fallbacks ?? []) {
      if (served.includes(model) && (fallback === PREVIOUS_VERSION || served.includes(fallback)))
        continue;
      logger.warn({ model, fallback }, 'a fallback is set between models that are not both served');
    }
    for (const warning of invocationsWarnings(settings, models.models)) logger.warn(warning);
    logger.info({ models: served, ready: await models.ready() }, 'models loaded');
    await checked;
    // Not before: a job of a model that isn't served yet would fail.
    jobs?.start();
  }
  async function loadThenOpen(): Promise<void> {
    const loading = load();
    // Who has waited for as long as a request may take gets an answer, if only that nothing is ready.
    await Promise.race([loading, sleep(settings.deadlineMs, undefined, { ref: false })]);
    await open();
    await loading;
  }
  const waits = isInherited(settings.listen);
  if (waits) requireInherited(settings.listen, 'FAIRLEAD_LISTEN');
  else await open();
  const loaded = waits ? loadThenOpen() : load();
  // Whoever waits hears of it; a gateway that is closed before has nobody who does.
  loaded.catch(() => undefined);

  return {
    server,
    loaded,
    isReady: () => models.ready(),
    async close() {
      isClosing = true;
      const { shutdownGraceMs: graceMs, notReadyMs, idleGraceMs: idleMs } = settings;
      const clean = await shutDownGracefully(server, models, {
        graceMs,
        notReadyMs,
        idleMs,
        closeOther: async (withinMs) => {
          const [answered] = await Promise.all([grpc?.close(withinMs), jobs?.close(withinMs)]);
          return answered ?? true;
        },
      });
      guard.close();
      keysFilePublishing?.stop();
      await upstreams.close();
      await codec.close();
      caches.close();
      await publisher?.close();
      logger.info({ clean }, 'stopped');
      return clean;
    },
  };
}

/** The models that have the alias; a damaged one is reported to `onError`, and stops no other. */
async function modelsWith(
  registry: ModelRegistry,
  alias: string,
  onError: (error: unknown) => void,
): Promise<readonly string[]> {
  const summaries = await registry.list();
  for (const { model, problems = [] } of summaries) {
    for (const problem of problems) onError(new Error(`model "${model}" is damaged: ${problem}`));
  }
  return summaries.flatMap(({ model, aliases }) => (Object.hasOwn(aliases, alias) ? model : []));
}

/** What can't be a name would only be noticed when it is looked for, again and again. */
function checkNames(registry: ModelRegistry, { alias, models = [] }: Settings): void {
  forSetting('FAIRLEAD_ALIAS', () => registry.follow('any', alias));
  for (const model of models) {
    forSetting('FAIRLEAD_MODELS', () => registry.follow(model, alias));
  }
}

/** The largest body always fits into the memory of its client. */
function createBodyMemory({
  bodyMemoryBytes,
  bodyMemoryPerClientBytes,
  maxBodyBytes,
}: Settings): BodyMemory {
  const maxBytes = bodyMemoryBytes ?? Math.max(128 * 2 ** 20, 2 * maxBodyBytes);
  const maxBytesPerClient =
    bodyMemoryPerClientBytes ?? Math.max(Math.ceil(maxBytes / 4), maxBodyBytes);
  return new BodyMemory(maxBytes, { maxBytesPerClient });
}

function fallbackOf(model: string, { fallbacks }: Settings): Fallback | undefined {
  const name = fallbacks?.get(model);
  if (name === undefined) return undefined;
  return name === PREVIOUS_VERSION ? name : { model: name };
}

function createPublisher(
  { cloudWatchNamespace: namespace }: Settings,
  onError: (error: unknown) => void,
): CloudWatchPublisher | undefined {
  if (namespace === undefined) return undefined;
  const client = new CloudWatchClient({ maxAttempts: 1 });
  return forSetting(
    'FAIRLEAD_CLOUDWATCH_NAMESPACE',
    () => new CloudWatchPublisher({ client, namespace, onError }),
  );
}

function flaskUpstream({ flaskAddress, flaskConnections: connections, deadlineMs }: Settings) {
  if (flaskAddress === undefined) return {};
  const url = flaskAddress.startsWith('unix:') ? flaskAddress : `http://${flaskAddress}`;
  return { flask: { url, connections, timeoutMs: deadlineMs } };
}
