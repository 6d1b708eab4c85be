import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setInterval } from 'node:timers';
import { isMainThread } from 'node:worker_threads';

const RESOLUTION_MS = 1;

// Preloaded into each Node side: reports over IPC how late its event loop was since the last query. It is JavaScript, because
// Node's stripping of types would take a tenth of the time that a side needs to start.
if (isMainThread && process.send !== undefined) {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  const readHold = process.env.BENCH_LOOP_HOLD === '1' ? noteHolds() : () => undefined;
  process.on('message', () => {
    process.send?.({
      p99Ms: lag.percentile(99) / 1e6 - RESOLUTION_MS,
      longestHoldMs: readHold(),
    });
    lag.reset();
  });
  process.channel?.unref();
}

/**
 * Notes the most processor time that the main thread used between two turns of a timer of a millisecond: what it computed
 * without letting anything else have its turn. Unlike a delay, it isn't longer where other processes use the cores.
 *
 * @returns {() => number} a function that reads it, in milliseconds, and begins again.
 */
function noteHolds() {
  let longestMs = 0;
  let before = process.threadCpuUsage();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    longestMs = Math.max(longestMs, (user + system) / 1000);
  }, RESOLUTION_MS).unref();
  return () => {
    const read = longestMs;
    longestMs = 0;
    return read;
  };
}
