import type { Deployment } from '@fairlead/deploy-config';
import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';

/** Version of Python on a host, unless another one is set: that of Debian 12. */
const PYTHON_VERSION = '3.11';

/** The Python service of a release. */
export interface PythonOptions {
  /** Requirements file that pins every package with hashes, as `uv pip compile --generate-hashes` or `pip-compile --generate-hashes` writes it. */
  readonly requirements: string;
  /** Folder that Python imports the application from; the release has it as `/opt/fairlead/current/flask`. */
  readonly source: string;
  /** Version of Python on the hosts, such as `3.13` for Debian 13. @defaultValue `3.11`, that of Debian 12 */
  readonly version?: string;
  /** Python program of this machine, any version with `pip`: it downloads the wheels. @defaultValue `python3` */
  readonly interpreter?: string;
}

/** {@link PythonOptions} with defaults. */
export type ResolvedPythonOptions = Required<PythonOptions>;

/** Folders of a host that the deployment names. */
const VENV = '/opt/fairlead/current/venv';
const FOLDER = '/opt/fairlead/current/flask';

/**
 * Checks the option `python` against the deployment: a service of the release runs the release's packages and sources.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION` naming the setting and its value
 */
export function resolvePythonOptions(
  python: PythonOptions | undefined,
  { flask }: Deployment,
): ResolvedPythonOptions | undefined {
  if (python === undefined) {
    if (flask === undefined || !isInside(flask.gunicorn, VENV)) return undefined;
    throw invalidOption(
      `Option python is missing: flask.gunicorn of the deployment is ${flask.gunicorn}, in the virtual environment of the release. Give python: { requirements, source }.`,
    );
  }
  checkOptions('buildRelease', python, {
    requirements: 'required',
    source: 'required',
    version: 'optional',
    interpreter: 'optional',
  });
  const { requirements, source, version = PYTHON_VERSION, interpreter = 'python3' } = python;
  checkText('python.requirements', 'the path of a requirements file with hashes', requirements);
  checkText('python.source', 'the path of a folder', source);
  checkText('python.interpreter', 'a program such as python3', interpreter);
  if (typeof version !== 'string' || !/^3\.\d{1,2}$/.test(version)) {
    throw invalidOption(
      `Option python.version is ${describeValue(version)}: expected a version such as "3.11".`,
    );
  }
  if (flask === undefined) {
    throw invalidOption('Option python: the deployment has no Python service (flask).');
  }
  if (flask.gunicorn !== `${VENV}/bin/gunicorn`) {
    throw invalidOption(
      `Option python: flask.gunicorn of the deployment is ${flask.gunicorn}; expected ${VENV}/bin/gunicorn, which the release installs.`,
    );
  }
  if (!isInside(flask.folder, FOLDER)) {
    throw invalidOption(
      `Option python: flask.folder of the deployment is ${flask.folder}; expected ${FOLDER}, which has the files of python.source.`,
    );
  }
  return { requirements, source, version, interpreter };
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
