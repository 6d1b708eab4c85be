import { dirname } from 'node:path';

import { checkDeployment } from './check-options.ts';
import type { Deployment } from './deployment.ts';

/**
 * Returns program and arguments that start Nginx with the rendered file.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, nginxCommand } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(nginxCommand(deployment)[0]); // nginx
 * ```
 */
export function nginxCommand(
  deployment: Deployment,
  program = 'nginx',
): readonly [string, ...string[]] {
  checkDeployment(deployment);
  const { nginxConfigFile, nginxErrorLog } = deployment.layout;
  // Without -e, Nginx first opens its compiled-in log, which only root may write.
  return [program, '-e', nginxErrorLog, '-p', dirname(nginxConfigFile), '-c', nginxConfigFile];
}

/**
 * Returns program and arguments that start Gunicorn with the rendered file; `undefined` without a Python service.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, gunicornCommand } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(gunicornCommand(deployment)); // undefined
 * ```
 */
export function gunicornCommand(
  deployment: Deployment,
): readonly [string, ...string[]] | undefined {
  checkDeployment(deployment);
  const { layout, flask } = deployment;
  return flask && [flask.gunicorn, '-c', layout.gunicornConfigFile];
}
