import { modelMemoryMetrics } from '@fairlead/monitoring';
import {
  ModelServer,
  type CacheStore,
  type CodecPool,
  type Fallback,
  type ModelSource,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { upstreamRuntime } from '@fairlead/serving/upstream';
import type { Monitoring } from '../monitoring/create-monitoring.ts';
import type { Logger } from '../monitoring/logger.ts';
import type { Tracing } from '../monitoring/open-tracing.ts';
import type { Notices } from '../notices/open-notices.ts';
import type { Recording } from '../recording/open-recording.ts';
import type { Rollouts } from '../rollouts/open-rollouts.ts';
import { forSetting } from '../settings/settings-error.ts';
import { PREVIOUS_VERSION, type Settings } from '../settings/settings.ts';

const MAX_ELEMENT_BYTES = 8;

/** Dependencies of the model server. */
export interface ModelDependencies {
  readonly source: ModelSource;
  readonly cacheOf: (model: string) => CacheStore | undefined;
  readonly codec: CodecPool;
  readonly metrics: Monitoring['metrics'];
  readonly tracing: Pick<Tracing, 'inference'> | undefined;
  readonly recording: Pick<Recording, 'observer' | 'recorder' | 'countLost'>;
  readonly rollouts:
    Pick<Rollouts, 'router' | 'serveOptions' | 'withCandidates' | 'observe'> | undefined;
  readonly notices: Pick<Notices, 'onEvent' | 'observe'>;
  readonly logger: Logger;
}

/** The model server of a gateway. */
export interface OpenedModels {
  readonly models: ModelServer;
  /** Closes the connections to upstreams. */
  close(): Promise<void>;
}

/**
 * Creates the model server with its runtimes; its events are logged and measured.
 *
 * @throws SettingsError when the address of the Flask service can't be used.
 */
export function createModels(
  settings: Settings,
  {
    source,
    cacheOf,
    codec,
    metrics,
    tracing,
    recording,
    rollouts,
    notices,
    logger,
  }: ModelDependencies,
): OpenedModels {
  const upstream = forSetting('FAIRLEAD_FLASK_ADDRESS', () =>
    upstreamRuntime(flaskUpstream(settings), { codec }),
  );
  const models = new ModelServer({
    alias: settings.alias,
    serveOptions: (model) => ({
      cache: cacheOf(model),
      fallback: fallbackOf(model, settings),
      ...rollouts?.serveOptions,
      requiredForReadiness: settings.readyModels?.includes(model) ?? true,
    }),
    maxModels: settings.maxModels,
    source: rollouts?.withCandidates(source) ?? source,
    ...(rollouts && { router: rollouts.router }),
    runtimes: {
      onnx: onnxRuntime({
        ...(settings.onnxWorkers !== undefined && { workers: settings.onnxWorkers }),
        ...(settings.onnxThreads !== undefined && { intraOpThreads: settings.onnxThreads }),
        executionTimeoutMs: settings.deadlineMs,
        loadTimeoutMs: settings.loadTimeoutMs,
        ...(settings.processes !== undefined && { processes: settings.processes }),
      }),
      upstream,
    },
    observer: notices.observe(recording.observer),
    ...(tracing && { tracer: tracing.inference }),
    ...(recording.recorder && { recorder: recording.recorder }),
    requestTimeoutMs: settings.deadlineMs,
    maxQueued: settings.maxQueued,
    maxBatchRows: settings.maxBatchRows,
    maxRowsPerRequest: settings.maxRowsPerRequest,
    // A version whose smallest request exceeds the largest body isn't loaded: an element has at most 8 bytes, and at least one byte in the body.
    maxInputBytes: Math.min(settings.maxBodyBytes * MAX_ELEMENT_BYTES, 2 ** 31 - 1),
    onEvent: (event) => {
      const { type, ...fields } = event;
      notices.onEvent(event);
      rollouts?.observe(event);
      if (type === 'record-failed') recording.countLost(event);
      if (type === 'swapped') metrics.track(event.model, String(event.version));
      // A gateway that ends keeps its counts until it has ended.
      if (type === 'unloaded' && !models.draining && !isLoaded(models, event)) {
        metrics.forget(event.model, String(event.version));
      }
      if ('error' in fields) logger.error({ ...fields, err: fields.error }, type);
      else logger.info(fields, type);
    },
  });
  modelMemoryMetrics({
    registry: metrics.registry,
    read: () =>
      models.loadedVersions.flatMap(({ label, runtime }) =>
        runtime.memory === undefined ? [] : [{ ...label, ...runtime.memory }],
      ),
  });
  return { models, close: () => upstream.close() };
}

/** An alias that is toggled between two versions may load one again before its predecessor is unloaded. */
function isLoaded(
  models: ModelServer,
  { model, version }: { readonly model: string; readonly version: number },
): boolean {
  return models.loadedVersions.some(
    ({ label }) => label.model === model && label.version === String(version),
  );
}

function fallbackOf(model: string, { fallbacks }: Settings): Fallback | undefined {
  const name = fallbacks?.get(model);
  if (name === undefined) return undefined;
  return name === PREVIOUS_VERSION ? name : { model: name };
}

function flaskUpstream(settings: Settings) {
  const { flaskAddress, flaskConnections: connections, deadlineMs, loadTimeoutMs } = settings;
  if (flaskAddress === undefined) return {};
  const url = flaskAddress.startsWith('unix:') ? flaskAddress : `http://${flaskAddress}`;
  return { flask: { url, connections, timeoutMs: deadlineMs, loadTimeoutMs } };
}
