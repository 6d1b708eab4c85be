import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { setUp } from '../setup.mjs';
import { nodePackages } from '../src/node-packages.mjs';
import { pythonPackages } from '../src/python-packages.mjs';
import { SetupError } from '../src/setup-error.mjs';
import { createTinyRepository, type TinyRepository } from './tiny-repository.ts';

const parts = [nodePackages, pythonPackages];
const TIMEOUT_MS = 180_000;

let tiny: TinyRepository;
let output: string;

beforeAll(() => {
  tiny = createTinyRepository();
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(tiny.root, { recursive: true });
});

async function run(options: { dev?: boolean; searchPath?: string[] } = {}) {
  output = '';
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  try {
    await setUp({ root: tiny.root, parts, ...options });
  } finally {
    write.mockRestore();
  }
}

function pythonAnswer() {
  return execFileSync(join(tiny.root, '.venv/bin/python'), [
    '-c',
    'import tiny; print(tiny.answer)',
  ])
    .toString()
    .trim();
}

describe('setUp', { timeout: TIMEOUT_MS }, () => {
  it('installs npm and Python packages and shows each step', async () => {
    await run();
    expect(output).toMatch(/✓ npm packages: npm ci \(\d+\.\d s\)/);
    expect(output).toMatch(/✓ Python packages: pip install \(\d+\.\d s\)/);
    expect(pythonAnswer()).toBe('42');
    expect(
      execFileSync(join(tiny.root, 'node_modules/.bin/node'), ['-p', '"started"']).toString(),
    ).toBe('started\n');
    // The environment of this test was made by Python's own venv; the others are copies.
    vi.stubEnv('FAIRLEAD_PYTHON', inject('copyingPython'));
  });

  it('does nothing when all is installed: starts no process and writes nothing', async () => {
    // With no PATH, npm and python3 could not be found.
    await run({ searchPath: [] });
    expect(output).toBe('');
  });

  it('adds the test tools to an existing environment without making a new one', async () => {
    const keep = join(tiny.root, '.venv/keep');
    writeFileSync(keep, '');
    await run({ dev: true });
    expect(output).toMatch(/✓ Python packages: pip install \(with the test tools\)/);
    expect(existsSync(keep)).toBe(true);
    await run({ dev: false });
    expect(output).toBe('');
  });

  it('runs npm ci again when the lock file has changed', async () => {
    const lock = join(tiny.root, 'package-lock.json');
    writeFileSync(lock, `${readFileSync(lock, 'utf8')}\n`);
    const stray = join(tiny.root, 'node_modules/stray');
    writeFileSync(stray, '');
    await run();
    expect(output).toContain('✓ npm packages');
    expect(output).not.toContain('Python');
    expect(existsSync(stray)).toBe(false);
  });

  it('refuses a package whose hash differs, shows the end of the log, and installs once the lock file is right', async () => {
    const lock = join(tiny.root, 'apps/flask-model/requirements.lock');
    writeFileSync(lock, tiny.pythonLock.replace(/sha256:.{8}/, 'sha256:00000000'));
    const failure = await run().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SetupError);
    expect(String(failure)).toContain('THESE PACKAGES DO NOT MATCH THE HASHES');
    expect(output).toContain('✗ Python packages');

    writeFileSync(lock, tiny.pythonLock);
    await run();
    expect(pythonAnswer()).toBe('42');
  });

  it('continues after a kill, and two set-ups at once take turns', async () => {
    rmSync(join(tiny.root, '.venv/.fairlead-setup'));
    const script = `
      import { setUp } from './tools/setup/setup.mjs';
      import { nodePackages } from './tools/setup/src/node-packages.mjs';
      import { pythonPackages } from './tools/setup/src/python-packages.mjs';
      await setUp({ root: ${JSON.stringify(tiny.root)}, parts: [nodePackages, pythonPackages] });`;
    const start = () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: tiny.root,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let text = '';
      child.stderr.on('data', (data: Buffer) => (text += data.toString()));
      return { child, text: () => text };
    };

    const killed = start();
    await vi.waitFor(
      () => {
        expect(killed.text()).toContain('… Python packages');
      },
      { timeout: TIMEOUT_MS, interval: 5 },
    );
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');

    const two = [start(), start()];
    const codes = await Promise.all(
      two.map(async ({ child }) => (await once(child, 'close'))[0] as unknown),
    );
    const both = two.map(({ text }) => text()).join('');
    expect(codes, both).toEqual([0, 0]);
    expect(both.match(/✓ Python packages/g)).toHaveLength(1);
    expect(both).toContain('Another set-up is running here');
    expect(pythonAnswer()).toBe('42');
  });
});
