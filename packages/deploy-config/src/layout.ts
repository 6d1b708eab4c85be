/**
 * Where the rendered files go and what they refer to; absolute paths.
 *
 * Start from `hostLayout` or `folderLayout` and spread your changes over it.
 */
export interface Layout {
  /** `systemd` renders units with socket activation; `starter` keeps Nginx in the foreground for a parent process. */
  readonly supervisor: 'systemd' | 'starter';
  /** Nginx's rendered configuration. */
  readonly nginxConfigFile: string;
  /** Where Nginx writes its process id. */
  readonly nginxPidFile: string;
  /** Nginx makes one folder below it for each kind of temporary file. */
  readonly nginxTempFolder: string;
  /** Where Nginx writes what goes wrong. */
  readonly nginxErrorLog: string;
  /** Where Nginx writes a JSON line for each request. */
  readonly nginxAccessLog: string;
  /** Gunicorn's rendered configuration. */
  readonly gunicornConfigFile: string;
  /** Home of the Unix sockets of gateway and Flask, unless they name their own address. */
  readonly socketFolder: string;
  /** Home of systemd units; not used by a starter. */
  readonly unitFolder: string;
  /** A folder in shared memory for Gunicorn's heartbeat files: on disk, a slow write looks like a dead worker. */
  readonly sharedMemoryFolder: string;
}

/** The layout of a real host: Debian's paths, owned by root and run by systemd. */
export function hostLayout(name = 'fairlead'): Layout {
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

/** The layout of one folder that needs no root: everything Nginx and Gunicorn touch lies inside it. */
export function folderLayout(folder: string): Layout {
  return {
    supervisor: 'starter',
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
