// @ts-check
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

/** Clears what a longer line left on a terminal. */
const CLEAR_TO_END = '\u001b[K';

/** Between two lines of a long step in a log. */
const LOG_INTERVAL_MS = 10_000;

/**
 * Shows what is being done and how long it took: one line per step, which counts on a terminal. A log gets a line at the
 * start, one at the end and one every ten seconds between them. `state` returns how far the step is, such as `40 of 900 packages`.
 * @typedef {<T>(title: string, work: () => Promise<T>, state?: () => string) => Promise<T>} RunStep
 */

/**
 * @param {Pick<NodeJS.WriteStream, 'write' | 'isTTY'>} stream
 * @param {{ logIntervalMs?: number }} [options]
 * @returns {RunStep}
 */
export function createProgress(stream, { logIntervalMs = LOG_INTERVAL_MS } = {}) {
  return async function runStep(title, work, state) {
    const startedAt = performance.now();
    const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    const show = () => {
      const line = `… ${title} (${[seconds(), ...(state === undefined ? [] : [state()])].join(', ')})`;
      stream.write(stream.isTTY ? `\r${line}${CLEAR_TO_END}` : `${line}\n`);
    };
    if (stream.isTTY) show();
    else stream.write(`… ${title}\n`);
    const timer = setInterval(show, stream.isTTY ? 1000 : logIntervalMs);
    /** @param {string} mark */
    const end = (mark) => {
      clearInterval(timer);
      const line = `${mark} ${title} (${seconds()})`;
      stream.write(stream.isTTY ? `\r${line}${CLEAR_TO_END}\n` : `${line}\n`);
    };
    try {
      const result = await work();
      end('✓');
      return result;
    } catch (error) {
      end('✗');
      throw error;
    }
  };
}
