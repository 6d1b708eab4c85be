import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';

import type { BuiltRelease } from '../../src/index.ts';
import { buildService, serviceInput, type ServiceOptions } from './service-release.ts';
import { interpreter } from './tiny-wheels.ts';

const root = join(import.meta.dirname, '../../../..');
const lock = join(root, 'apps/flask-model/requirements-serving.lock');

/** A release of {@link buildPythonService}. */
interface PythonServiceOptions {
  /** Value of `version` in the answers of the Python service. */
  readonly version: number;
  /** Packages of the sample's lock. @defaultValue Gunicorn alone */
  readonly packages?: readonly string[];
  /** Statements before the application is created. */
  readonly before?: string;
  /** Version of Python. */
  readonly python?: string;
  readonly options?: ServiceOptions['options'];
}

/** Returns the lines of packages in the lock of the sample. */
function linesOf(packages: readonly string[]): string {
  const text = readFileSync(lock, 'utf8');
  const found = packages.map(
    (name) => new RegExp(`^${name}==[^]*?(?=^ {4}#)`, 'm').exec(text)?.[0],
  );
  return found.join('');
}

/** Builds a release of a Node and a Python service, `/python` of which answers with its version and the file of its bytecode. */
export async function buildPythonService({
  version,
  packages = ['gunicorn'],
  before = '',
  python: pythonVersion = '3.11',
  options = {},
}: PythonServiceOptions): Promise<BuiltRelease> {
  const folder = temporaryFolder();
  const requirements = join(folder, 'requirements.lock');
  writeFileSync(requirements, linesOf(packages));
  const source = join(folder, 'src');
  mkdirSync(join(source, 'shop'), { recursive: true });
  writeFileSync(join(source, 'shop/__init__.py'), '');
  writeFileSync(
    join(source, 'shop/app.py'),
    `import json
import gunicorn
${before}
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"version": ${version}, "cached": [__cached__, gunicorn.__cached__]}).encode()]
`,
  );
  const path = '/python';
  return buildService({
    version: 1,
    deployment: {
      nginx: {
        ...serviceInput.nginx,
        routes: [
          { path: '/', upstream: 'gateway' },
          { path, match: 'exact', upstream: 'flask' },
        ],
      },
      flask: {
        app: 'shop.app:app',
        folder: '/opt/fairlead/current/flask',
        gunicorn: '/opt/fairlead/current/venv/bin/gunicorn',
        workers: 1,
        service: { user: 'fairlead-flask' },
      },
    },
    options: {
      python: { requirements, source, interpreter, version: pythonVersion },
      checks: [{ path, expected: { version } }],
      readyTimeoutMs: 60_000,
      ...options,
    },
  });
}
