import { pythonModel, type PythonModelOptions } from '@fairlead/registry/sources';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  digits,
  rejection,
  temporaryFolder,
  temporaryRegistry,
} from '../support/sample-registry.ts';

const options: PythonModelOptions = {
  model: 'digits-flask',
  actor: 'ada',
  signature: digits().signature,
  upstream: 'flask',
};

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const requirements = `# made by uv
flask==3.1.2 \\
    --hash=sha256:0000 \\
    --hash=sha256:1111
  # via -r requirements.in
scikit-learn[alldeps] == 1.7.2 ; python_version >= "3.11"
numpy>=2
-r more.txt
joblib===1.5.2
wild==2.*
`;

describe('a folder of Python files', () => {
  test('is pushed without files of tools and secrets', async () => {
    const folder = folderOf({
      'app.py': 'app = 1',
      'model.joblib': 'weights',
      'pkg/__init__.py': '',
      'pkg/data.csv': '1',
      'requirements.txt': requirements,
      '.env': 'PASSWORD=1',
      '.git/config': '',
      '.venv/lib/site.py': '',
      'pkg/__pycache__/x.cpython-311.pyc': '',
      'pkg/old.pyc': '',
      'digits.egg-info/PKG-INFO': '',
      'notebooks/try.ipynb': '',
    });
    const request = await pythonModel(folder, {
      ...options,
      upstreamModel: 'digits',
      entry: 'pkg:create_app()',
      options: { workers: 2 },
      ignore: ['notebooks', '*.csv'],
      lineage: { gitCommit: '0123abc' },
    });
    const { registry } = temporaryRegistry();
    const { manifest } = await registry.push(request);
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'app.py',
      'model.joblib',
      'pkg/__init__.py',
      'requirements.txt',
    ]);
    expect(manifest.runtime).toEqual({
      name: 'upstream',
      options: { workers: 2, upstream: 'flask', model: 'digits', entry: 'pkg:create_app()' },
    });
    expect(manifest.lineage).toEqual({
      gitCommit: '0123abc',
      requirements: {
        path: 'requirements.txt',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        packages: { flask: '3.1.2', 'scikit-learn': '1.7.2', joblib: '1.5.2' },
      },
    });
    const { read } = await registry.openVersion('digits-flask', 1);
    expect(Buffer.from(await read('app.py')).toString()).toBe('app = 1');
    // The same folder again is the same version.
    const again = await registry.push({ ...request, skipIfUnchanged: true });
    expect(again).toMatchObject({ created: false, manifest: { version: 1 } });
  });

  test.each([
    ['requirements.lock', { 'requirements.lock': 'a==1', 'requirements.txt': 'a' }],
    ['uv.lock', { 'uv.lock': '', 'pyproject.toml': '' }],
  ])('lists its requirements in %s', async (path, files) => {
    const { lineage } = await pythonModel(folderOf({ 'app.py': '', ...files }), options);
    expect(lineage?.requirements?.path).toBe(path);
  });

  test.each(['app.py', 'app', 'app:create()', 'src/app.py', 'deep.inner:app'])(
    'is entered by %s',
    async (entry) => {
      const folder = folderOf({ 'src/app.py': '', 'deep/inner/__init__.py': '' });
      const { runtime } = await pythonModel(folder, { ...options, entry });
      expect(runtime.options).toEqual({ upstream: 'flask', entry });
    },
  );

  test('may have no requirements', async () => {
    const { lineage, runtime } = await pythonModel(folderOf({ 'app.py': '' }), options);
    expect(lineage).toEqual({});
    expect(runtime.options).toEqual({ upstream: 'flask' });
  });
});

describe('rejects, with the reason', () => {
  test.each<[string, () => string, Partial<PythonModelOptions>, string, string]>([
    ['nothing', () => folderOf({}), {}, 'ERR_REGISTRY_INVALID_SOURCE', 'no files to push'],
    [
      'nothing but what is ignored',
      () => folderOf({ 'venv/a.py': '', '__pycache__/a.pyc': '' }),
      {},
      'ERR_REGISTRY_INVALID_SOURCE',
      'no files to push',
    ],
    [
      'an entry that is missing',
      () => folderOf({ 'app.py': '' }),
      { entry: 'wsgi.server:app' },
      'ERR_REGISTRY_INVALID_SOURCE',
      'no wsgi/server.py or wsgi/server/__init__.py',
    ],
    [
      'an entry that climbs',
      () => folderOf({ 'app.py': '' }),
      { entry: '../app.py' },
      'ERR_REGISTRY_INVALID_SOURCE',
      'no ../app.py',
    ],
    [
      'a name with a backslash',
      () => folderOf({ 'a\\b.py': '' }),
      {},
      'ERR_REGISTRY_INVALID_PATH',
      'backslash',
    ],
    [
      'a link to the key of this user',
      () => {
        const folder = folderOf({ 'app.py': '' });
        symlinkSync('/root/.ssh', join(folder, 'keys'));
        symlinkSync('../../etc/passwd', join(folder, 'a'));
        return folder;
      },
      {},
      'ERR_REGISTRY_',
      '',
    ],
    [
      'a pipe',
      () => {
        const folder = folderOf({ 'app.py': '' });
        // Of every Unix.
        const makePipe = 'mkfifo';
        execFileSync(makePipe, [join(folder, 'pipe')]);
        return folder;
      },
      {},
      'ERR_REGISTRY_INVALID_SOURCE',
      'neither a file nor a folder',
    ],
  ])('%s', async (_, make, changes, code, problem) => {
    const error = await rejection(pythonModel(make(), { ...options, ...changes }));
    expect(error).toMatchObject({ code: expect.stringContaining(code) as string });
    expect((error as Error).message).toContain(problem);
  });

  test('a folder whose name begins with that of another is a separate folder', async () => {
    const parent = folderOf({ 'model/app.py': '', 'model-of-others/secret': 'x' });
    symlinkSync('../model-of-others/secret', join(parent, 'model/secret'));
    expect(await rejection(pythonModel(join(parent, 'model'), options))).toMatchObject({
      code: 'ERR_REGISTRY_INVALID_PATH',
    });
  });

  test('may be given as a link', async () => {
    const parent = folderOf({ 'model/app.py': '' });
    symlinkSync('model', join(parent, 'current'));
    const { files } = await pythonModel(join(parent, 'current'), options);
    expect(Object.keys(files)).toEqual(['app.py']);
  });
});
