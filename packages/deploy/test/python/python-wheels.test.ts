import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Platform } from '../../src/index.ts';
import { checkGunicorn } from '../../src/python/check-gunicorn.ts';
import { pythonWheels, type PythonWheels } from '../../src/python/python-wheels.ts';
import { interpreter, TinyWheels } from '../support/tiny-wheels.ts';

const PURE = 'pure-1.0-py3-none-any.whl';
const OLD = 'backport-2.0-py3-none-any.whl';
const X64 = 'native-1.5-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
const ARM = 'native-1.5-cp311-cp311-manylinux_2_28_aarch64.whl';
const NEXT = 'native-1.5-cp313-cp313-manylinux_2_28_x86_64.whl';

let wheels: TinyWheels;

beforeAll(() => {
  wheels = new TinyWheels(mkdtempSync(join(tmpdir(), 'fairlead-wheels-')), [
    {
      file: PURE,
      metadata: [
        'License-Expression: MIT',
        'Requires-Dist: backport>=2; python_version < "3.12"',
        'Requires-Dist: missing; extra == "more"',
      ],
    },
    { file: OLD, metadata: ['Classifier: License :: OSI Approved :: BSD License'] },
    ...[X64, ARM, NEXT].map((file) => ({ file, metadata: ['Requires-Dist: Pure'] })),
  ]);
});

afterAll(() => {
  rmSync(wheels.folder, { recursive: true, force: true });
});

/** Lines of a requirements file with all packages. */
function complete(): string {
  return `# Packages of the test
pure==1.0 \\
    ${wheels.hashes(PURE)}
    # via native
native==1.5 ${wheels.hashes(X64, ARM, NEXT)}
backport==2.0 ; python_full_version < '3.12' \\
    ${wheels.hashes(OLD)}
`;
}

interface Change {
  readonly version?: string;
  readonly platform?: Platform;
  readonly cache?: string;
  readonly interpreter?: string;
}

function build(text: string, change: Change = {}): Promise<PythonWheels> {
  const folder = temporaryFolder();
  const work = join(folder, 'work');
  mkdirSync(work);
  const requirements = join(folder, 'requirements.lock');
  writeFileSync(requirements, `--no-index\n--find-links ${wheels.folder}\n${text}`);
  const { platform = 'linux-x64', cache = join(folder, 'cache'), version = '3.11' } = change;
  const python = { requirements, source: folder, version, interpreter, ...change };
  return pythonWheels({ python, platform, cache, work });
}

function files({ part }: PythonWheels): readonly string[] {
  return part.files.map(({ path }) => path.replace(/^wheels\//, ''));
}

describe('the wheels of a release', () => {
  it('are those of the platform of the host, with one hash each', async () => {
    const built = await build(complete());
    expect(files(built)).toEqual([OLD, X64, PURE, 'requirements.txt']);
    expect(files(await build(complete(), { platform: 'linux-arm64' }))).toEqual([
      ...[OLD, ARM, PURE, 'requirements.txt'],
    ]);
    expect(built.packages).toEqual([
      expect.objectContaining({
        ...{ name: 'backport', version: '2.0', license: 'BSD License', isSpdx: false },
        sha256: wheels.sha256(OLD),
      }),
      expect.objectContaining({ name: 'native', version: '1.5', sha256: wheels.sha256(X64) }),
      expect.objectContaining({ name: 'pure', version: '1.0', license: 'MIT', isSpdx: true }),
    ]);
    expect(built.runtime.version).toBe('3.11');
    expect(built.runtime.installedBytes).toBeGreaterThan(500);
  });

  it('are those of the Python of the host: conditions are not evaluated for this machine', async () => {
    expect(files(await build(complete(), { version: '3.13' }))).toEqual([
      ...[NEXT, PURE, 'requirements.txt'],
    ]);
  });

  it('are the same part for the same requirements, from the cache without Python', async () => {
    const cache = temporaryFolder();
    const first = await build(complete(), { cache });
    const again = await build(`# Another comment\n${complete()}`);
    expect(again.part.sha256).toBe(first.part.sha256);
    const cached = await build(complete(), { cache, interpreter: '/missing/python' });
    expect(cached).toEqual(first);
    const other = complete().replace(
      '; python_full_version',
      "; python_version < '4' and python_full_version",
    );
    await expect(build(other, { cache, interpreter: '/missing/python' })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_BUILD_FAILED',
      message: expect.stringContaining('There is no program /missing/python') as string,
    });
  });

  it.each([
    ['a package without a hash', () => 'pure==1.0', 'BUILD_FAILED', '"pure==1.0" isn\'t a package'],
    [
      'a package without a version',
      () => `pure>=1 ${wheels.hashes(PURE)}`,
      'BUILD_FAILED',
      'pure>=1',
    ],
    ['another file', () => '-r other.txt', 'BUILD_FAILED', 'the option -r isn'],
    ['a folder', () => '-e ./secret', 'BUILD_FAILED', 'the option -e isn'],
    ['no packages', () => '# none', 'BUILD_FAILED', 'has no packages'],
    [
      'a hash of another archive',
      () => complete().replace(wheels.sha256(PURE), '0'.repeat(64)),
      'PACKAGE_UNAVAILABLE',
      'DO NOT MATCH THE HASHES',
    ],
    [
      'a version that no index has',
      () => complete().replace('pure==1.0', 'pure==1.1'),
      'PACKAGE_UNAVAILABLE',
      'pure==1.1',
    ],
    [
      'a dependency that is missing, and one of an extra',
      () => `pure[more]==1.0 ${wheels.hashes(PURE)}`,
      'BUILD_FAILED',
      'pure 1.0 needs backport>=2, which is missing; pure 1.0 needs missing, which is missing',
    ],
    [
      'a condition that is none',
      () => complete().replace("< '3.12'", '<'),
      'BUILD_FAILED',
      "can't read the requirements",
    ],
  ])('are refused for requirements with %s', async (_, text, code, message) => {
    await expect(build(text())).rejects.toMatchObject({
      code: `ERR_DEPLOY_${code}`,
      message: expect.stringContaining(message) as string,
    });
  });

  it('are refused when a platform has none', async () => {
    const only = `native==1.5 ${wheels.hashes(X64)}\npure==1.0 ${wheels.hashes(PURE)}\nbackport==2.0 ${wheels.hashes(OLD)}`;
    await expect(build(only, { platform: 'linux-arm64' })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_PACKAGE_UNAVAILABLE',
      message: expect.stringMatching(/for linux-arm64 and Python 3\.11.*HASHES.*native/) as string,
    });
  });
});

describe('the Gunicorn of a release', () => {
  const gunicorn = (version: string) => ({
    ...{ name: 'gunicorn', version, wheel: '', sha256: '', isSpdx: true, installedBytes: 0 },
  });

  it('is the one that the deployment is rendered for', () => {
    const deployment = { target: { gunicorn: [27, 0, 0] } } as unknown as Parameters<
      typeof checkGunicorn
    >[1];
    checkGunicorn([gunicorn('27.0')], deployment);
    expect(() => {
      checkGunicorn([gunicorn('26.0.1')], deployment);
    }).toThrow('Set target.gunicorn to "26.0.1"');
    expect(() => {
      checkGunicorn([], deployment);
    }).toThrow('have no gunicorn');
  });
});
