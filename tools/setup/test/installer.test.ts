import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { runInstaller } from '../src/installer.mjs';
import { identify, isAlive } from '../src/process-identity.mjs';
import { SetupError } from '../src/setup-error.mjs';
import { SetupLock } from '../src/setup-lock.mjs';

const modules = new URL('../src/', import.meta.url).href;

let folder: string;
let logPath: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-installer-'));
  logPath = join(folder, 'log');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs an installer in a separate process, whose lock is what the expression makes. */
function runElsewhere(lock: string, command: string) {
  const script = `
    import { writeFileSync } from 'node:fs';
    import { runInstaller, SetupInterrupted } from ${JSON.stringify(`${modules}installer.mjs`)};
    import { SetupLock } from ${JSON.stringify(`${modules}setup-lock.mjs`)};
    const lock = ${lock};
    try {
      await runInstaller('/bin/sh', ['-c', ${JSON.stringify(command)}], {
        cwd: ${JSON.stringify(folder)}, logPath: ${JSON.stringify(logPath)}, lock,
      });
    } catch (error) {
      if (!(error instanceof SetupInterrupted)) throw error;
      process.kill(process.pid, error.signal);
    }`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
}

async function run(program: string, ...args: string[]) {
  const lock = await SetupLock.acquire(folder, () => undefined);
  try {
    await runInstaller(program, args, { cwd: folder, logPath, lock });
  } finally {
    lock.release();
  }
}

describe('runInstaller', () => {
  it('passes arguments on as they are', async () => {
    const name = 'a "b" $HOME; `c`';
    await run('touch', name);
    expect(existsSync(join(folder, name))).toBe(true);
  });

  it('names the command, the outcome and the end of the log when it fails', async () => {
    const failure = await run('/bin/sh', '-c', 'seq 100; exit 3').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SetupError);
    expect(String(failure)).toContain('seq 100; exit 3» failed (3)');
    expect(String(failure)).toContain('\n99\n100');
    expect(String(failure)).not.toContain('\n40\n');
  });

  it('says so when there is no such program', async () => {
    await expect(run('no-such-program')).rejects.toThrow(
      /failed \(127\)[^]*no-such-program: not found/,
    );
  });

  it('never starts an installer that a killed set-up had no time to note', async () => {
    const mark = join(folder, 'was-run');
    const pidFile = join(folder, 'pid');
    const lock = `{
      noteInstaller(pid) {
        writeFileSync(${JSON.stringify(pidFile)}, String(pid));
        process.kill(process.pid, 'SIGKILL');
      },
    }`;
    const elsewhere = runElsewhere(lock, `touch ${mark}`);
    expect(await once(elsewhere, 'exit')).toEqual([null, 'SIGKILL']);
    const installer = Number(readFileSync(pidFile, 'utf8'));
    await vi.waitFor(
      () => {
        expect(identify(installer)).toBeUndefined();
      },
      { timeout: 60_000 },
    );
    expect(existsSync(mark)).toBe(false);
  });

  it('ends the installer when the set-up gets a signal', async () => {
    const pidFile = join(folder, 'pid');
    const lock = `await SetupLock.acquire(${JSON.stringify(folder)}, () => {})`;
    const elsewhere = runElsewhere(
      lock,
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; sleep 1000`,
    );
    await vi.waitFor(
      () => {
        expect(existsSync(pidFile)).toBe(true);
      },
      { timeout: 60_000 },
    );
    const installer = identify(Number(readFileSync(pidFile, 'utf8')));
    if (installer === undefined) throw new Error('the installer does not run');
    elsewhere.kill('SIGINT');
    expect(await once(elsewhere, 'exit')).toEqual([null, 'SIGINT']);
    expect(isAlive(installer)).toBe(false);
  });
});
