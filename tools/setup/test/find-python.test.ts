import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findPython } from '../src/find-python.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-python-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function writePython(name: string, minor: number, canMakeVenv = true) {
  const answer = JSON.stringify({ major: 3, minor, canMakeVenv });
  writeFileSync(join(folder, name), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
}

describe('findPython', () => {
  it('finds the Python of this machine', () => {
    const python = findPython((process.env.PATH ?? '').split(delimiter), undefined);
    expect(python.minor).toBeGreaterThanOrEqual(11);
  });

  it('passes over a python3 that is too old or too new', () => {
    writePython('python3', 9);
    writePython('python3.12', 12);
    expect(findPython([folder], undefined)).toEqual({
      path: join(folder, 'python3.12'),
      minor: 12,
      canMakeVenv: true,
    });
  });

  it('prefers a Python that can make virtual environments', () => {
    writePython('python3', 11, false);
    writePython('python3.13', 13);
    expect(findPython([folder], undefined).minor).toBe(13);
    rmSync(join(folder, 'python3.13'));
    expect(findPython([folder], undefined).canMakeVenv).toBe(false);
  });

  it('takes the chosen one only', () => {
    writePython('python3', 11);
    writePython('mine', 12);
    expect(findPython([folder], 'mine').minor).toBe(12);
    expect(findPython([], join(folder, 'mine')).minor).toBe(12);
    writePython('mine', 10);
    expect(() => findPython([folder], 'mine')).toThrow('mine (Python 3.10)');
  });

  it('names what it found and what to install', () => {
    writePython('python3', 9);
    writeFileSync(join(folder, 'python3.11'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(() => findPython([folder], undefined)).toThrow(
      `Python 3.11 to 3.14 is needed; found ${folder}/python3 (Python 3.9), ${folder}/python3.11 (does not start)`,
    );
    expect(() => findPython([], undefined)).toThrow('found none');
    expect(() => findPython([], undefined)).toThrow('sudo apt-get install -y python3 python3-venv');
  });
});
