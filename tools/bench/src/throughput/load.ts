import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Side } from './side.ts';

/** What the load generator saw. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and socket errors. */
  readonly failed: number;
}

/** Loads one path with `wrk` from one pinned core. */
export function load(
  { port, path, headers }: Pick<Side, 'port' | 'path' | 'headers'>,
  body: string,
  options: {
    readonly connections: number;
    readonly seconds: number;
    readonly core: string;
    readonly folder: string;
  },
): LoadResult {
  const { connections, seconds, core, folder } = options;
  const script = join(folder, 'request.lua');
  const lines = Object.entries({ 'Content-Type': 'application/json', ...headers }).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  writeFileSync(script, ['wrk.method = "POST"', ...lines, `wrk.body = [==[${body}]==]`].join('\n'));
  const report = execFileSync(
    'taskset',
    [
      '-c',
      core,
      'wrk',
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--latency',
      '--timeout',
      '20s',
      '-s',
      script,
      `http://127.0.0.1:${port}${path}`,
    ],
    { encoding: 'utf8' },
  );
  const number = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(
    report,
  );
  return {
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s|m)/.exec(report)),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s|m)/.exec(report)),
    failed:
      number(/Non-2xx or 3xx responses: (\d+)/) +
      (errors?.slice(1).reduce((sum, each) => sum + Number(each), 0) ?? 0),
  };
}

function milliseconds(match: RegExpExecArray | null): number {
  const units: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
  return Number(match?.[1] ?? NaN) * (units[match?.[2] ?? ''] ?? NaN);
}
