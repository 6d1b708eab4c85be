// @ts-check
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import process from 'node:process';

import { killGroup } from './process-group.mjs';
import { SetupError } from './setup-error.mjs';

/** @import { SetupLock } from './setup-lock.mjs' */

/** Number of lines of a failed installer's log that are printed. */
const TAIL_LINES = 60;

/**
 * An installer does nothing before it is noted in the lock: if the set-up is killed in between, nothing is read and
 * nothing runs on unseen.
 */
const WAIT_FOR_WORD = 'read -r go && exec "$@" </dev/null';

/** @type {readonly NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Thrown when a signal stopped the set-up; the owner of the process raises the signal again. */
export class SetupInterrupted extends Error {
  /** @override */
  name = 'SetupInterrupted';

  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`the set-up was stopped by ${signal}; the next run repeats this step`);
    /** @readonly */
    this.signal = signal;
  }
}

/**
 * Runs an installer in a separate process group with its output in a file.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{
 *   cwd: string,
 *   logPath: string,
 *   lock: SetupLock,
 *   env?: NodeJS.ProcessEnv,
 *   endable?: boolean,
 * }} options `endable`: may be killed half-way without harm (not so apt); default true
 * @returns {Promise<void>}
 * @throws {SetupError} with the end of the log, if the installer fails
 * @throws {SetupInterrupted} if a signal arrived before its end
 */
export async function runInstaller(program, args, options) {
  const { cwd, logPath, lock, env = process.env, endable = true } = options;
  const log = openSync(logPath, 'w');
  const child = spawn('/bin/sh', ['-c', WAIT_FOR_WORD, 'sh', program, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  // It may have ended already; its exit code says so.
  child.stdin?.on('error', () => undefined);
  /** @type {NodeJS.Signals | undefined} */
  let stoppedBy;
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    stoppedBy ??= signal;
    if (endable && child.pid !== undefined) killGroup(child.pid);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  try {
    if (endable) lock.noteInstaller(child.pid);
    child.stdin?.end('go\n');
    /** @type {number | NodeJS.Signals | null} */
    const outcome = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        resolve(code ?? signal);
      });
    });
    if (stoppedBy !== undefined) throw new SetupInterrupted(stoppedBy);
    if (outcome !== 0) {
      throw new SetupError(
        `«${[program, ...args].join(' ')}» failed (${String(outcome)}). The end of ${logPath}:\n\n${tail(logPath)}`,
      );
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw new SetupError(`cannot start ${program}: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
    lock.noteInstaller(undefined);
  }
}

/** @param {string} path */
function tail(path) {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}
