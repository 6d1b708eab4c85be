import { execFileSync } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { SampleError } from './sample-error.ts';

/** Facts about this machine that the rendered files depend on. */
export interface HostFacts {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly nginx: string;
  readonly openssl: string;
  /** Hard limit of open files of a process. */
  readonly openFiles: number;
}

/** @throws SampleError when Nginx is not installed. */
export function readHostFacts(): HostFacts {
  let banner: string;
  try {
    // Nginx prints its version to standard error.
    banner = execFileSync('/bin/sh', ['-c', 'nginx -V 2>&1'], { encoding: 'utf8' });
  } catch (cause) {
    throw new SampleError('Nginx is not installed; "npm start" installs it, or says how.', {
      cause,
    });
  }
  const nginx = /nginx\/(\d+\.\d+\.\d+)/.exec(banner)?.[1];
  const openssl = /OpenSSL (\d+\.\d+\.\d+)/.exec(banner)?.[1] ?? '3.0.0';
  if (nginx === undefined) throw new SampleError(`"nginx -V" printed no version: ${banner}`);
  return {
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    nginx,
    openssl,
    openFiles: hardLimitOfOpenFiles(),
  };
}

/** Limit of Linux for one process (`fs.nr_open`), used where `ulimit` reports "unlimited". */
const NO_LIMIT = 1_048_576;

function hardLimitOfOpenFiles(): number {
  const limit = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return /^\d+$/.test(limit) ? Number(limit) : NO_LIMIT;
}
