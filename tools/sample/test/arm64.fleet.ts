import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuiltRelease } from '@fairlead/deploy';
import { SampleOnHost } from './support/sample-on-host.ts';

/** `EM_AARCH64` of the header of an ELF file. */
const AARCH64 = 183;

/** Lists the processor of each ELF file in the wheels of a folder. */
const ELF_IN_WHEELS = `
import json, pathlib, sys, zipfile
found = {}
for wheel in pathlib.Path(sys.argv[1]).rglob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                head = file.read(20)
            if head[:4] == b"\\x7fELF":
                found[f"{wheel.name}/{name}"] = int.from_bytes(head[18:20], "little")
print(json.dumps(found))
`;

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));

describe('a release of the sample for arm64, built on x64', () => {
  let sample: SampleOnHost;
  let release: BuiltRelease;
  let files: string;

  beforeAll(async () => {
    sample = new SampleOnHost();
    release = await sample.build({}, { platform: 'linux-arm64', checkKeyFile: undefined });
    files = join(sample.folder, 'files');
    mkdirSync(files);
    for (const { sha256 } of release.manifest.parts) {
      const part = execFileSync('tar', ['-xOf', release.path, `parts/${sha256}.tar.gz`], {
        maxBuffer: 200e6,
      });
      execFileSync('tar', ['-xzf', '-', '-C', files], { input: part });
    }
  });

  afterAll(() => {
    sample.remove();
  });

  it('has wheels of arm64 or of every platform', () => {
    const wheels = readdirSync(join(files, 'wheels')).filter((name) => name.endsWith('.whl'));
    const native = wheels.filter((name) => !name.endsWith('-py3-none-any.whl'));
    expect(wheels).toHaveLength(15);
    expect(native.map((name) => name.split('-')[0]).sort()).toEqual([
      ...['markupsafe', 'numpy', 'scikit_learn', 'scipy'],
    ]);
    for (const name of native) expect(name).toMatch(/-cp311-cp311-manylinux[\w.]*_aarch64\.whl$/);
  });

  it('has native code of arm64 only: Node, ONNX Runtime, and the libraries of the wheels', () => {
    const found = new Map<string, number>();
    for (const entry of readdirSync(files, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) continue;
      const head = readFileSync(path).subarray(0, 20);
      if (head.toString('latin1', 0, 4) !== '\u007fELF') continue;
      found.set(path.slice(files.length + 1), head.readUInt16LE(18));
    }
    const binding = 'gateway/node_modules/onnxruntime-node/bin/napi-v6/linux/arm64';
    expect([...found.keys()]).toContain('bin/node');
    expect([...found.keys()].filter((path) => path.startsWith(binding)).length).toBeGreaterThan(1);
    const inWheels = JSON.parse(
      execFileSync(python, ['-c', ELF_IN_WHEELS, files], { encoding: 'utf8' }),
    ) as Record<string, number>;
    expect(Object.keys(inWheels).length).toBeGreaterThan(50);
    const others = [...found, ...Object.entries(inWheels)].filter(([, code]) => code !== AARCH64);
    expect(others).toEqual([]);
  });
});
