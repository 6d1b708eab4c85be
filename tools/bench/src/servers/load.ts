import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownCpuSeconds, totalCpuSeconds, usageOf } from './process-usage.ts';
import { CORES, type Side } from './side.ts';

const run = promisify(execFile);

/** Results of one run of the load. */
export interface LoadResult {
  readonly side: string;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopLagP99Ms: number | undefined;
  /** Answers other than 2xx, and socket errors. */
  readonly failed: number;
  /** Processor time of the side for each answer, in microseconds. */
  readonly cpuMicroseconds: number;
  readonly rssMiB: number;
  /** Cores that the side used. */
  readonly cores: number;
  /** Cores that were busy with anything else than the side and the load: a figure with much of it was disturbed. */
  readonly otherCores: number;
}

/** @throws Error naming the command that brings `wrk`. */
export function requireWrk(): void {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v wrk'], { stdio: 'ignore' });
  } catch (cause) {
    throw new Error('The benchmark needs wrk: apt-get install -y wrk', { cause });
  }
}

/** Loads one side with `wrk`. */
export async function load(
  side: Side,
  body: string | Buffer,
  options: { readonly connections: number; readonly seconds: number; readonly folder: string },
): Promise<LoadResult> {
  const { connections, seconds, folder } = options;
  const { port, path, headers, name } = side;
  const script = join(folder, 'request.lua');
  const lines = Object.entries({ 'Content-Type': 'application/json', ...headers }).map(
    ([header, value]) => `wrk.headers[${JSON.stringify(header)}] = ${JSON.stringify(value)}`,
  );
  // In a file: a text of Lua doesn't hold every byte.
  const bodyFile = join(folder, 'request.body');
  writeFileSync(bodyFile, body);
  const read = `wrk.body = io.open(${JSON.stringify(bodyFile)}, "rb"):read("*a")`;
  writeFileSync(script, ['wrk.method = "POST"', ...lines, read].join('\n'));
  const pid = side.process.pid ?? 0;
  await side.loopLag();
  const start = performance.now();
  const ofAll = totalCpuSeconds() - ownCpuSeconds();
  const before = usageOf(pid);
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '20s'];
  const { stdout: report } = await run('taskset', ['-c', CORES, 'wrk', ...args, '-s', script, url]);
  const after = usageOf(pid);
  const elapsed = (performance.now() - start) / 1000;
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const otherCpuSeconds = totalCpuSeconds() - ownCpuSeconds() - ofAll - cpuSeconds;
  const loopLagP99Ms = await side.loopLag();
  const number = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(
    report,
  );
  return {
    side: name,
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s|m)/.exec(report)),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s|m)/.exec(report)),
    loopLagP99Ms,
    failed:
      number(/Non-2xx or 3xx responses: (\d+)/) +
      (errors?.slice(1).reduce((sum, each) => sum + Number(each), 0) ?? 0),
    cpuMicroseconds: (cpuSeconds * 1e6) / number(/(\d+) requests in/),
    rssMiB: after.rssMiB,
    cores: cpuSeconds / elapsed,
    otherCores: Math.max(0, otherCpuSeconds / elapsed),
  };
}

function milliseconds(match: RegExpExecArray | null): number {
  const units: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
  return Number(match?.[1] ?? NaN) * (units[match?.[2] ?? ''] ?? NaN);
}
