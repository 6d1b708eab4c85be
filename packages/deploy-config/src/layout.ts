import { checkText } from './check-options.ts';

/**
 * Absolute paths of the rendered files, and of the files that they refer to.
 *
 * Start from `hostLayout` or `folderLayout` and spread your changes over it.
 */
export interface Layout {
  /** `systemd` renders units with socket activation; `foreground` runs Nginx in the foreground, for a parent process. */
  readonly supervisor: 'systemd' | 'foreground';
  /** Nginx's rendered configuration. */
  readonly nginxConfigFile: string;
  /** Nginx's PID file. */
  readonly nginxPidFile: string;
  /** Parent of Nginx's folders for temporary files. */
  readonly nginxTempFolder: string;
  /** Nginx's error log. */
  readonly nginxErrorLog: string;
  /** Nginx's access log, one JSON line per request. */
  readonly nginxAccessLog: string;
  /** Gunicorn's rendered configuration. */
  readonly gunicornConfigFile: string;
  /** Folder of the Unix sockets of gateway and Flask, unless they have another address. */
  readonly socketFolder: string;
  /** Folder of systemd units; unused in the foreground. */
  readonly unitFolder: string;
  /** Folder in shared memory for Gunicorn's heartbeat files: on disk, a slow write looks like a dead worker. */
  readonly sharedMemoryFolder: string;
}

/**
 * Returns the layout of a host: Debian's paths, owned by root and run by systemd.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the name isn't a text.
 *
 * @example
 * ```ts
 * import { hostLayout } from '@fairlead/deploy-config';
 *
 * console.log(hostLayout('shop').gunicornConfigFile); // /etc/shop/gunicorn.conf.py
 * ```
 */
export function hostLayout(name = 'fairlead'): Layout {
  checkText('name', 'a name such as "fairlead"', name);
  return {
    supervisor: 'systemd',
    nginxConfigFile: '/etc/nginx/nginx.conf',
    nginxPidFile: '/run/nginx.pid',
    nginxTempFolder: '/var/lib/nginx',
    nginxErrorLog: '/var/log/nginx/error.log',
    nginxAccessLog: '/var/log/nginx/access.log',
    gunicornConfigFile: `/etc/${name}/gunicorn.conf.py`,
    socketFolder: `/run/${name}`,
    unitFolder: '/etc/systemd/system',
    sharedMemoryFolder: '/dev/shm',
  };
}

/**
 * Returns the layout of one folder, without root: every file of Nginx and Gunicorn is inside of it.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the folder isn't a text.
 *
 * @example
 * ```ts
 * import { folderLayout } from '@fairlead/deploy-config';
 *
 * console.log(folderLayout('/srv/shop').nginxConfigFile); // /srv/shop/nginx.conf
 * ```
 */
export function folderLayout(folder: string): Layout {
  checkText('folder', 'an absolute path such as "/srv/my-service"', folder);
  return {
    supervisor: 'foreground',
    nginxConfigFile: `${folder}/nginx.conf`,
    nginxPidFile: `${folder}/run/nginx.pid`,
    nginxTempFolder: `${folder}/tmp`,
    nginxErrorLog: `${folder}/logs/nginx-error.log`,
    nginxAccessLog: `${folder}/logs/nginx-access.log`,
    gunicornConfigFile: `${folder}/gunicorn.conf.py`,
    socketFolder: `${folder}/run`,
    unitFolder: `${folder}/units`,
    sharedMemoryFolder: '/dev/shm',
  };
}

/**
 * Returns the layout of containers, where each program has a read-only root: Nginx logs to the streams of its container, and the sockets are in
 * volumes below `/run/<name>`. `containerDeployment` uses it.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the name isn't a text.
 *
 * @example
 * ```ts
 * import { containerLayout } from '@fairlead/deploy-config';
 *
 * console.log(containerLayout('shop').socketFolder); // /run/shop
 * ```
 */
export function containerLayout(name = 'fairlead'): Layout {
  checkText('name', 'a name such as "fairlead"', name);
  return {
    supervisor: 'foreground',
    nginxConfigFile: '/etc/nginx/nginx.conf',
    // A folder in memory, the only one besides the volumes that is writable.
    nginxPidFile: '/tmp/nginx.pid',
    nginxTempFolder: '/tmp',
    nginxErrorLog: '/dev/stderr',
    nginxAccessLog: '/dev/stdout',
    gunicornConfigFile: `/etc/${name}/gunicorn.conf.py`,
    socketFolder: `/run/${name}`,
    unitFolder: '/etc/systemd/system',
    sharedMemoryFolder: '/dev/shm',
  };
}
