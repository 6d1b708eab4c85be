import type { Deployment } from '../deployment.ts';
import { formatAddress } from '../values/address.ts';
import { atLeast } from '../values/version.ts';
import type { GunicornSettings } from './gunicorn-setting.ts';

/**
 * Returns Gunicorn's settings for the Python service, to change and pass to `serializeGunicorn`; `undefined` without one.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, gunicornSettings } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(gunicornSettings(deployment)); // undefined
 * ```
 */
export function gunicornSettings(deployment: Deployment): GunicornSettings | undefined {
  const { flask, timeouts, layout, target } = deployment;
  if (!flask) return undefined;
  return {
    wsgi_app: flask.app,
    chdir: flask.folder,
    bind: [formatAddress(flask.listen)],
    // A socket created by Gunicorn is for its account only; under systemd the socket unit sets the mode.
    umask: 0o077,
    worker_class: 'gthread',
    workers: flask.workers,
    threads: flask.threads,
    worker_tmp_dir: layout.sharedMemoryFolder,
    timeout: timeouts.gunicornMs / 1000,
    graceful_timeout: timeouts.gunicornGracefulMs / 1000,
    // Keep-alive connections lose requests when a worker is replaced (benoitc/gunicorn #3038).
    keepalive: 0,
    max_requests: flask.maxRequests,
    max_requests_jitter: Math.floor(flask.maxRequests / 10),
    preload_app: flask.dangerouslyPreloadApp,
    // Only the gateway connects: on this machine, or through a socket, which Gunicorn trusts by default.
    forwarded_allow_ips: flask.listen.kind === 'unix' ? '' : flask.listen.host,
    header_map: 'refuse',
    proc_name: `${deployment.name}-flask`,
    errorlog: '-',
    accesslog: null,
    // It would be created in the home of the account, which the unit hides.
    ...(atLeast(target.gunicorn, 25, 1, 0) && { control_socket_disable: true }),
  };
}
