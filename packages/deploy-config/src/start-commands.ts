import { dirname } from 'node:path';

import { checkDeployment } from './check-options.ts';
import type { Deployment } from './deployment.ts';

/** Returns program and arguments that start Nginx with the rendered file. */
export function nginxCommand(
  deployment: Deployment,
  program = 'nginx',
): readonly [string, ...string[]] {
  checkDeployment(deployment);
  const { nginxConfigFile, nginxErrorLog } = deployment.layout;
  // Without -e, Nginx first opens its compiled-in log, which only root may write.
  return [program, '-e', nginxErrorLog, '-p', dirname(nginxConfigFile), '-c', nginxConfigFile];
}

/** Returns program and arguments that start Gunicorn with the rendered file; `undefined` without a Python service. */
export function gunicornCommand(
  deployment: Deployment,
): readonly [string, ...string[]] | undefined {
  checkDeployment(deployment);
  const { layout, flask } = deployment;
  return flask && [flask.gunicorn, '-c', layout.gunicornConfigFile];
}
