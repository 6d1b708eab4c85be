import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { identify, isAlive } from '../src/process-identity.mjs';
import { SetupLock } from '../src/setup-lock.mjs';

const lockModule = new URL('../src/setup-lock.mjs', import.meta.url).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-lock-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function runScript(script: string) {
  const source = `import { SetupLock } from ${JSON.stringify(lockModule)};
    const folder = ${JSON.stringify(folder)};
    ${script}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('SetupLock', () => {
  it('lets one process in at a time', async () => {
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const children = Array.from({ length: 6 }, () =>
      runScript(`
        import { appendFileSync } from 'node:fs';
        for (let turn = 0; turn < 5; turn += 1) {
          const lock = await SetupLock.acquire(folder, () => {});
          appendFileSync(${JSON.stringify(log)}, 'in ' + process.pid + '\\n');
          await new Promise((resolve) => setTimeout(resolve, 2));
          appendFileSync(${JSON.stringify(log)}, 'out ' + process.pid + '\\n');
          lock.release();
        }`),
    );
    const codes = await Promise.all(
      children.map(async (child) => (await once(child, 'exit'))[0] as unknown),
    );
    expect(codes).toEqual(children.map(() => 0));
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(6 * 5 * 2);
    for (let index = 0; index < lines.length; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('in', 'out'));
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('turn.'))).toHaveLength(1);
  });

  it('says once who holds it, and waits', async () => {
    const first = await SetupLock.acquire(folder, () => undefined);
    const waiting: number[] = [];
    const second = SetupLock.acquire(folder, (pid) => {
      waiting.push(pid);
      first.release();
    });
    (await second).release();
    expect(waiting).toEqual([process.pid]);
  });

  it('takes over from a killed owner, and ends the installer that was left running', async () => {
    const owner = runScript(`
      import { spawn } from 'node:child_process';
      const lock = await SetupLock.acquire(folder, () => {});
      const installer = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      lock.noteInstaller(installer.pid);
      process.stdout.write(String(installer.pid));
      setInterval(() => {}, 1000);`);
    const [output] = (await once(owner.stdout, 'data')) as [Buffer];
    const installer = identify(Number(output.toString()));
    if (installer === undefined) throw new Error('the installer does not run');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(isAlive(installer)).toBe(true);

    const lock = await SetupLock.acquire(folder, () => {
      throw new Error('a dead owner is not waited for');
    });
    expect(isAlive(installer)).toBe(false);
    lock.release();
  });

  it('takes over a turn that a full disk left empty', async () => {
    writeFileSync(join(folder, 'turn.7'), '');
    const lock = await SetupLock.acquire(folder, () => undefined);
    expect(readdirSync(folder)).toEqual(['turn.8']);
    lock.release();
  });
});
