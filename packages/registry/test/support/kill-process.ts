import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, nodeArguments } from './run-process.ts';

/** Moment at which a process is killed. */
export interface KillMoment {
  /** After so many lines that it wrote … */
  readonly lines: number;
  /** … or after so many milliseconds, whichever is first … */
  readonly waitMs?: number;
  /** … and then so many more. */
  readonly moreMs: number;
}

/** Result of a killed process. */
export interface KilledProcess {
  readonly lines: readonly string[];
  /** True if it was killed; false if it had ended before. */
  readonly killed: boolean;
}

/** Runs a script of `processes/` and kills it (SIGKILL); throws what it wrote to stderr if it had failed by itself. */
export async function runUntilKilled(
  script: URL,
  args: readonly string[],
  { lines: enough, waitMs = 120_000, moreMs }: KillMoment,
): Promise<KilledProcess> {
  const child = spawn(process.execPath, nodeArguments(script, ...args), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-20_000);
  });
  const lines: string[] = [];
  const reached = Promise.withResolvers<undefined>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (lines.push(line) >= enough) reached.resolve(undefined);
  });
  const waited = new AbortController();
  const longest = sleep(waitMs, undefined, { signal: waited.signal }).catch(() => undefined);
  await Promise.race([reached.promise, ended(child), longest]);
  waited.abort();
  await sleep(moreMs);
  child.kill('SIGKILL');
  await ended(child);
  const killed = child.signalCode === 'SIGKILL';
  if (!killed && child.exitCode !== 0) {
    throw new Error(
      `${args.join(' ')} ended by itself (${String(child.signalCode ?? child.exitCode)}):\n${complaint}`,
    );
  }
  return { lines, killed };
}
