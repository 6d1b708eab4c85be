import { ModelServer, type LoadedVersion } from '@fairlead/serving';
import type { InferenceObserver } from '@fairlead/monitoring';
import type { Settings } from '../settings/settings.ts';

/**
 * Returns a server of one version that another one has loaded: it computes with the same runtime, but counts, caches and records
 * for itself. A version that takes longer than `timeoutMs` for a few executions isn't served.
 */
export async function serveLoaded(
  { label: { model, version }, signature, runtime, batching, goldenExamples }: LoadedVersion,
  { maxBatchRows, maxQueued, maxRowsPerRequest, deadlineMs }: Settings,
  { observer, timeoutMs }: { readonly observer: InferenceObserver; readonly timeoutMs: number },
): Promise<ModelServer> {
  const manifest = {
    ...{ model, version: Number(version), signature, goldenExamples },
    runtime: { name: 'loaded' },
    batching: batching.on ? ('on' as const) : ('off' as const),
  };
  const loaded = {
    platform: runtime.platform,
    concurrency: runtime.concurrency,
    // It decides which rows share an execution.
    memory: runtime.memory,
    execute: runtime.execute.bind(runtime),
    unhealthy: () => Promise.resolve(undefined),
    // It belongs to the other server.
    close: () => Promise.resolve(),
  };
  const server = new ModelServer({
    source: {
      resolve: () => Promise.resolve({ version: manifest.version }),
      openVersion: () =>
        Promise.resolve({
          manifest,
          read: () => Promise.reject(new Error('The version is loaded already.')),
        }),
      async *follow(_model, _alias, { signal }) {
        yield { version: manifest.version };
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
      },
    },
    runtimes: { loaded: { load: () => Promise.resolve(loaded) } },
    ...{ observer, maxBatchRows, maxQueued, maxRowsPerRequest, requestTimeoutMs: deadlineMs },
    warmUpTimeoutMs: timeoutMs,
  });
  await server.serve(model);
  return server;
}
