import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SizingError } from '../sizing-error.ts';
import type { LoadOrder, LoadResult } from './load-order.ts';

const entry = fileURLToPath(new URL(`./load-process${extname(import.meta.url)}`, import.meta.url));

/** A load generator in a separate process on its own cores. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor(cores: readonly number[]) {
    this.#child = fork(entry, [], {
      execPath: 'taskset',
      execArgv: ['-c', cores.join(','), process.execPath],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // Reported by `send`, which waits for the exit too.
    this.#child.on('error', () => undefined);
  }

  async send(order: LoadOrder): Promise<LoadResult> {
    const stop = new AbortController();
    const { signal } = stop;
    const result = once(this.#child, 'message', { signal }) as Promise<[LoadResult]>;
    const ended = once(this.#child, 'exit', { signal }).then(() => undefined);
    // The loser of the race rejects when the other is aborted.
    result.catch(() => undefined);
    ended.catch(() => undefined);
    try {
      this.#child.send(order);
      const first = await Promise.race([result, ended]);
      if (first !== undefined) return first[0];
    } catch (cause) {
      throw failed(cause);
    } finally {
      stop.abort();
    }
    throw failed(undefined);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

function failed(cause: unknown): SizingError {
  return new SizingError(
    'ERR_SIZING_MEASUREMENT_FAILED',
    'The load generator ended before it had a result: it needs taskset (util-linux), and Node.js at the same path.',
    { cause },
  );
}
