import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import type { CarrierResult, CarrierRunOptions } from './carrier.ts';

const TIMEOUT_MS = 600_000;

/**
 * Runs a program of this machine, and resolves to its output; 127 when there is no such program.
 *
 * @param isDetached the signals of a terminal, such as that of Ctrl-C, don't reach the program
 */
export async function runChild(
  [program, ...args]: readonly [string, ...string[]],
  { stdin = '', timeoutMs = TIMEOUT_MS, onLine }: CarrierRunOptions = {},
  isDetached = false,
): Promise<CarrierResult> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    detached: isDetached,
  });
  if (onLine) createInterface(child.stdout).on('line', onLine);
  const source = typeof stdin === 'string' ? Readable.from([stdin]) : stdin;
  // A program may end without reading its input.
  const feeding = pipeline(source, child.stdin).catch(() => undefined);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    const [stdout, stderr] = await output;
    const late = signal === 'SIGKILL' ? `\nended by ${signal}` : '';
    return { code: code ?? 137, stdout, stderr: `${stderr}${late}` };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { code: code === 'ENOENT' ? 127 : 126, stdout: '', stderr: message };
  } finally {
    source.destroy();
    await feeding;
  }
}
