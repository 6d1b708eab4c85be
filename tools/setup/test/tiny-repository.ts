import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const setupFolder = fileURLToPath(new URL('..', import.meta.url));

const WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tiny.py", "answer = 42\\n")
    info = "tiny-1.0.dist-info"
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", f"tiny.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
`;

export interface TinyRepository {
  readonly root: string;
  /** Text of a lock file that pins the one Python package by its true hash. */
  readonly pythonLock: string;
}

/**
 * A repository with the set-up in it, one npm package (`node`, this very one) and one Python package, both from its own
 * folder: `npm ci` and `pip` do their whole work without a network.
 */
export function createTinyRepository(): TinyRepository {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-setup-'));
  chmodSync(root, 0o755);
  for (const name of ['setup.mjs', 'run.mjs', 'src', 'package.json']) {
    cpSync(join(setupFolder, name), join(root, 'tools/setup', name), { recursive: true });
  }

  mkdirSync(join(root, 'node'));
  writeFileSync(join(root, 'node/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, {
    mode: 0o755,
  });
  const node = { name: 'node', version: '1.0.0', bin: { node: 'node' } };
  writeFileSync(join(root, 'node/package.json'), JSON.stringify(node));
  const manifest = {
    name: 'tiny',
    version: '1.0.0',
    private: true,
    dependencies: { node: 'file:node' },
  };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  const lock = {
    name: 'tiny',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': manifest,
      node: { version: node.version, bin: node.bin },
      'node_modules/node': { resolved: 'node', link: true },
    },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));

  const wheel = join(root, 'tiny-1.0-py3-none-any.whl');
  execFileSync('python3', ['-c', WHEEL, wheel]);
  const sha256 = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  const pythonLock = `tiny @ file://${wheel} --hash=sha256:${sha256}\n`;
  mkdirSync(join(root, 'apps/flask-model'), { recursive: true });
  writeFileSync(join(root, 'apps/flask-model/requirements.lock'), pythonLock);
  writeFileSync(join(root, 'apps/flask-model/requirements-dev.lock'), pythonLock);
  return { root, pythonLock };
}
