import { dirname } from 'node:path';

import type { Deployment } from './deployment.ts';

/** Program and arguments that start Nginx on the rendered file. */
export function nginxCommand(
  { layout }: Deployment,
  program = 'nginx',
): readonly [string, ...string[]] {
  const { nginxConfigFile, nginxErrorLog } = layout;
  // Without -e, Nginx first opens the log that was compiled in, which only root may write.
  return [program, '-e', nginxErrorLog, '-p', dirname(nginxConfigFile), '-c', nginxConfigFile];
}

/** Program and arguments that start Gunicorn on the rendered file; `undefined` without a Python service. */
export function gunicornCommand({
  layout,
  flask,
}: Deployment): readonly [string, ...string[]] | undefined {
  return flask && [flask.gunicorn, '-c', layout.gunicornConfigFile];
}
