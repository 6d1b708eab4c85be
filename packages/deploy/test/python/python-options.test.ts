import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineDeployment } from '@fairlead/deploy-config';
import { temporaryFolder } from '@fairlead/test-support';
import { describe, expect, it } from 'vitest';

import { applicationFiles } from '../../src/python/application-files.ts';
import { resolvePythonOptions, type PythonOptions } from '../../src/python/python-options.ts';
import { serviceInput } from '../support/service-release.ts';

const flask = {
  app: 'app:app',
  folder: '/opt/fairlead/current/flask',
  gunicorn: '/opt/fairlead/current/venv/bin/gunicorn',
  service: { user: 'fairlead-flask' },
} as const;
const python: PythonOptions = { requirements: 'requirements.lock', source: 'src' };

describe('the option python', () => {
  it('has defaults for Debian 12', () => {
    expect(resolvePythonOptions(python, defineDeployment({ ...serviceInput, flask }))).toEqual({
      ...python,
      version: '3.11',
      interpreter: 'python3',
    });
    expect(resolvePythonOptions(undefined, defineDeployment(serviceInput))).toBeUndefined();
  });

  it.each<[string, Partial<PythonOptions>, object, string]>([
    ['a version that is no text', { version: 3.11 as never }, { flask }, 'python.version is 3.11'],
    ['a version with a patch', { version: '3.11.2' }, { flask }, 'python.version is "3.11.2"'],
    ['no requirements', { requirements: '' }, { flask }, 'python.requirements'],
    ['an unknown member', { sources: 'src' } as never, { flask }, 'Did you mean `source`'],
    ['no Python service', {}, {}, 'the deployment has no Python service (flask)'],
    [
      "another environment's Gunicorn",
      {},
      { flask: { ...flask, gunicorn: '/srv/venv/bin/gunicorn' } },
      'is /srv/venv/bin/gunicorn; expected /opt/fairlead/current/venv/bin/gunicorn',
    ],
    [
      'another folder',
      {},
      { flask: { ...flask, folder: '/opt/fairlead/current/flasks' } },
      'is /opt/fairlead/current/flasks; expected /opt/fairlead/current/flask',
    ],
  ])('is refused with %s', (_, change, input, message) => {
    const deployment = defineDeployment({ ...serviceInput, ...input });
    expect(() => resolvePythonOptions({ ...python, ...change }, deployment)).toThrow(message);
  });

  it('is required for the Gunicorn of a release', () => {
    expect(() =>
      resolvePythonOptions(undefined, defineDeployment({ ...serviceInput, flask })),
    ).toThrow('Option python is missing: flask.gunicorn');
  });
});

describe('the sources of the Python application', () => {
  function sources(paths: readonly string[]): string {
    const folder = temporaryFolder();
    for (const path of paths) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), path);
    }
    return folder;
  }

  it('are all files but hidden and compiled ones', async () => {
    const folder = sources([
      ...['shop/app.py', 'shop/labels.json', 'shop/__pycache__/app.cpython-311.pyc', '.env'],
      ...['shop/.secret', 'shop.egg-info/PKG-INFO', '.venv/pyvenv.cfg'],
    ]);
    symlinkSync('app.py', join(folder, 'shop/main.py'));
    const found = await applicationFiles(folder);
    expect(found.map(({ path }) => path).sort()).toEqual([
      ...['flask/shop/app.py', 'flask/shop/labels.json', 'flask/shop/main.py'],
    ]);
  });

  it.each([
    ['has a virtual environment', ['app.py', 'env/pyvenv.cfg'], 'environment (env/pyvenv.cfg)'],
    ['has no Python file', ['readme.md'], 'which has no Python file'],
  ])('are refused when the folder %s', async (_, paths, message) => {
    await expect(applicationFiles(sources(paths))).rejects.toThrow(message);
  });

  it('are refused when the folder is missing', async () => {
    await expect(applicationFiles('/missing')).rejects.toThrow('/missing, which is not a folder');
  });
});
