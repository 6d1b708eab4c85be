// @ts-check
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

/**
 * Shows what is being done and how long it took: one line per step.
 * @typedef {<T>(title: string, work: () => Promise<T>) => Promise<T>} RunStep
 */

/**
 * @param {Pick<NodeJS.WriteStream, 'write' | 'isTTY'>} stream
 * @returns {RunStep}
 */
export function createProgress(stream) {
  return async function runStep(title, work) {
    const startedAt = performance.now();
    const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    // A terminal gets one line that counts; a log gets a line at the start and one at the end.
    const show = () => stream.write(stream.isTTY ? `\r… ${title} (${seconds()})` : `… ${title}\n`);
    show();
    const timer = stream.isTTY ? setInterval(show, 1000) : undefined;
    /** @param {string} mark */
    const end = (mark) => {
      clearInterval(timer);
      stream.write(`${stream.isTTY ? '\r' : ''}${mark} ${title} (${seconds()})\n`);
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
