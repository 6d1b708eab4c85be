import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Load of several processes that share one limit. */
export interface LoadOptions {
  readonly processes: number;
  /** Requests a second of each process. */
  readonly ratePerProcess: number;
  readonly durationMs: number;
  readonly limit: number;
  /** Requests cost from 1 to this amount in turn. */
  readonly maxAmount: number;
}

/** Result of one process. */
export interface ProcessResult {
  /** Requests that were sent. */
  sent: number;
  /** Sum of the amounts that were allowed. */
  allowed: number;
  /** Calls of the common count. */
  takes: number;
}

/** Result of a load. */
export interface MeasuredLoad extends ProcessResult {
  /** Part of the limit that was allowed too much (above 0) or too little. */
  readonly error: number;
}

const program = fileURLToPath(new URL('client-process.ts', import.meta.url));

/** Lets several processes use one limit in Redis at the same time, more than it has, and compares what was allowed with the limit. */
export async function measureError(url: string, options: LoadOptions): Promise<MeasuredLoad> {
  const argument = JSON.stringify({ ...options, url });
  const children = Array.from({ length: options.processes }, () =>
    fork(program, [argument], { execArgv: ['--conditions=@fairlead/source'] }),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const results = children.map(async (child) => {
      const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`A process ended with ${String(code)} before it had a result.`);
      });
      const [result] = (await Promise.race([once(child, 'message'), ended])) as [ProcessResult];
      ended.catch(() => undefined);
      return result;
    });
    for (const child of children) child.send('start');
    const all = await Promise.all(results);
    const sum = (key: keyof ProcessResult) => all.reduce((total, result) => total + result[key], 0);
    const allowed = sum('allowed');
    return {
      ...{ sent: sum('sent'), allowed, takes: sum('takes') },
      error: (allowed - options.limit) / options.limit,
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}
