import type { InferenceObserver } from '@fairlead/monitoring';
import { ModelServer, type LoadedVersion } from '@fairlead/serving';
import { tensorAsJson } from '@fairlead/signature';
import type { Settings } from '../settings/settings.ts';

/**
 * Returns a server of one version that another one has loaded: it computes with the same runtime, but counts, caches and records
 * for itself, and its failures don't open the circuit of the version. A version that takes longer than `timeoutMs` for a few executions
 * isn't served.
 *
 * @param requests - requests that are sent at the same time, for which its queue has room
 */
export async function serveLoaded(
  {
    label: { model, version },
    signature,
    uncountedRuntime,
    batching,
    answeredInputs,
  }: LoadedVersion,
  { maxBatchRows, maxQueued, maxRowsPerRequest, deadlineMs }: Settings,
  {
    observer,
    timeoutMs,
    requests,
  }: {
    readonly observer: InferenceObserver;
    readonly timeoutMs: number;
    readonly requests: number;
  },
): Promise<ModelServer> {
  const runtime = uncountedRuntime;
  const inputs = answeredInputs?.map(tensorAsJson);
  const rows = answeredInputs?.map(({ shape }) => shape[0] ?? 1) ?? [];
  const manifest = {
    ...{ model, version: Number(version), signature },
    // Their outputs were compared at the load.
    goldenExamples: inputs && [{ inputs, outputs: [] }],
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
    ...{ observer, maxBatchRows },
    // Limits of clients don't end the warm-up. One client may use half of a queue.
    maxQueued: Math.max(maxQueued, 2 * requests),
    maxRowsPerRequest: Math.max(maxRowsPerRequest, ...rows),
    requestTimeoutMs: Math.max(deadlineMs, timeoutMs),
    warmUpTimeoutMs: timeoutMs,
  });
  await server.serve(model);
  return server;
}
