import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Characters of a log that are searched and shown. */
const MAX_LOG_LENGTH = 10_000;

/**
 * Waits until a child process writes a text, and resolves to the match.
 *
 * @throws Error with the log when the process can't be started, or ends before
 */
export function waitForLog(
  child: ChildProcess,
  stream: Readable,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let log = '';
    // Read to the end of the process: a full pipe would stop it.
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (log.length > MAX_LOG_LENGTH) return;
      log += text;
      const match = pattern.exec(log);
      if (match !== null) resolve(match);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const status = signal ?? `code ${String(code)}`;
      reject(new Error(`${child.spawnfile} ended with ${status}:\n${log}`));
    });
  });
}

/** Resolves once a child process has ended, or couldn't be started. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      resolve();
    };
    if (child.exitCode !== null || child.signalCode !== null) end();
    child.once('exit', end);
    child.once('error', end);
  });
}
