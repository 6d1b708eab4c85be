import type { Deployment } from '@fairlead/deploy-config';

import { buildFailed } from './build-failed.ts';
import type { PythonPackage } from './inspect-wheels.ts';

/**
 * Checks that the requirements have the Gunicorn that the deployment's files are rendered for: its settings differ between versions.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED`
 */
export function checkGunicorn(
  packages: readonly PythonPackage[],
  { target }: Pick<Deployment, 'target'>,
): void {
  const found = packages.find(({ name }) => name === 'gunicorn');
  if (found === undefined) {
    throw buildFailed(
      'The requirements have no gunicorn, which serves the application. Add it, and compile the file again.',
    );
  }
  const rendered = target.gunicorn.join('.');
  const [major = '', minor = '0', patch = '0'] = found.version.split('.');
  if ([major, minor, patch].join('.') === rendered) return;
  throw buildFailed(
    `The requirements have gunicorn ${found.version}, but the deployment is rendered for ${rendered}. Set target.gunicorn to "${found.version}".`,
  );
}
