import type { LoadedVersion } from '../../models/loaded-version.ts';
import type { RuntimeMemory, RuntimePlacement } from '../../runtime/runtime.ts';

/**
 * JSON text of the statistics of versions.
 *
 * Source: https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 */
export function encodeStatistics(versions: readonly LoadedVersion[]): string {
  return JSON.stringify({ model_stats: versions.map(describe) });
}

function describe({ label, statistics, runtime, batching }: LoadedVersion): object {
  const read = statistics.read();
  return {
    name: label.model,
    version: label.version,
    last_inference: read.lastInferenceMs,
    inference_count: read.inferenceCount,
    execution_count: read.executionCount,
    inference_stats: {
      success: read.success,
      fail: read.fail,
      queue: read.queue,
      compute_input: read.computeInput,
      compute_infer: read.computeInfer,
      compute_output: read.computeOutput,
      cache_hit: read.cacheHit,
      cache_miss: read.cacheMiss,
      fallback: read.fallback,
    },
    ...(runtime.placement && { runtime: describePlacement(runtime.placement, runtime.memory) }),
    ...(runtime.memory && {
      memory_usage: [{ type: 'CPU', id: 0, byte_size: runtime.memory.residentBytes }],
    }),
    batching,
    batch_stats: [...read.batches]
      .sort(([a], [b]) => a - b)
      .map(([size, infer]) => ({
        batch_size: size,
        compute_input: { count: infer.count, ns: 0 },
        compute_infer: infer,
        compute_output: { count: infer.count, ns: 0 },
      })),
  };
}

/** Extension of Triton's statistics: where the version computes, with the reason. */
function describePlacement(
  { workers, intraOpThreads, inProcess, reason }: RuntimePlacement,
  memory: RuntimeMemory | undefined,
): object {
  const where = { workers, intra_op_threads: intraOpThreads, in_process: inProcess, reason };
  if (memory === undefined) return where;
  return { ...where, file_bytes: memory.fileBytes, resident_bytes: memory.residentBytes };
}
