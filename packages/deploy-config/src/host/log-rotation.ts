import { dirname } from 'node:path/posix';

import type { Deployment } from '../deployment.ts';

/** Logs here have a configuration of Debian's package of Nginx. */
const PACKAGED_FOLDER = '/var/log/nginx';

/**
 * Returns logrotate's configuration of Nginx's logs; `undefined` when Debian's own covers them: logrotate refuses a file that two
 * configurations name.
 *
 * Source: logrotate(8)
 */
export function logRotation({ layout, nginx }: Deployment): string | undefined {
  const logs = [layout.nginxErrorLog, ...(nginx.accessLog ? [layout.nginxAccessLog] : [])].filter(
    (path) => dirname(path) !== PACKAGED_FOLDER || !path.endsWith('.log'),
  );
  if (logs.length === 0) return undefined;
  const names = [...new Set(logs)].map((path) => `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
  const user = nginx.user ?? 'root';
  return `${names.join(' ')} {
  daily
  rotate 14
  maxsize 100M
  missingok
  notifempty
  compress
  delaycompress
  create 0640 ${user} adm
  sharedscripts
  postrotate
    [ ! -f ${shellWord(layout.nginxPidFile)} ] || kill -USR1 "$(cat ${shellWord(layout.nginxPidFile)})"
  endscript
}
`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
