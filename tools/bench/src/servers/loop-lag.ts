import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

// Preloaded into each Node side: tells over IPC how late its event loop was, since it was asked last.
if (isMainThread && process.send !== undefined) {
  const RESOLUTION_MS = 1;
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  process.on('message', () => {
    process.send?.({ p99Ms: lag.percentile(99) / 1e6 - RESOLUTION_MS });
    lag.reset();
  });
  process.channel?.unref();
}
