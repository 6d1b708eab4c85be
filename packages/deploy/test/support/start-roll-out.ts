import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Rollout, RolloutEvent } from '../../src/index.ts';
import type { RollOutPlan } from './roll-out-process.ts';

const script = fileURLToPath(new URL('roll-out-process.ts', import.meta.url));

/** Line of the process. */
type Line =
  | RolloutEvent
  | ({ readonly type: 'result' } & Rollout)
  | { readonly type: 'error'; readonly message: string };

/** A rolling update in a separate process. */
export interface RunningRollOut {
  /** Lines so far. */
  readonly lines: readonly Line[];
  /** Resolves once a line matches; rejects when the process ends before. */
  until(matches: (line: Line) => boolean): Promise<void>;
  /** Sends a signal to the process alone, or, as a terminal does, to its whole process group. */
  kill(signal: 'SIGKILL' | 'SIGINT', target?: 'process' | 'group'): void;
  /** Resolves once the process has ended, to its result; `undefined` without one. */
  readonly ended: Promise<Rollout | undefined>;
}

/** Starts a rolling update in a separate process group, which a test may kill. */
export function startRollOut(plan: RollOutPlan): RunningRollOut {
  const child = spawn(
    process.execPath,
    ['--conditions=@fairlead/source', script, JSON.stringify(plan)],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  const lines: Line[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (text) => lines.push(JSON.parse(text) as Line));
  const closed = once(child, 'close');
  return {
    lines,
    async until(matches) {
      while (!lines.some(matches)) {
        const next = await Promise.race([once(reader, 'line'), closed.then(() => undefined)]);
        if (next === undefined && !lines.some(matches)) {
          throw new Error(`the rolling update has ended before: ${JSON.stringify(lines.at(-1))}`);
        }
      }
    },
    kill(signal, target = 'process') {
      if (child.pid === undefined || child.exitCode !== null) return;
      process.kill(target === 'group' ? -child.pid : child.pid, signal);
    },
    ended: closed.then(() => {
      const error = lines.find((line) => line.type === 'error');
      if (error !== undefined) throw new Error(error.message);
      return lines.find((line) => line.type === 'result');
    }),
  };
}
