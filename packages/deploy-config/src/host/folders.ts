import { dirname } from 'node:path/posix';

import type { Deployment, Listen, Service } from '../deployment.ts';
import { atLeast } from '../values/version.ts';

/** Folders that Debian's package of Nginx creates. */
const packaged = new Set(['/var/log/nginx', '/var/lib/nginx']);

/** Quotes a path for tmpfiles.d, where `%` begins a specifier. */
function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('%', '%%')}"`;
}

/** A folder of one program. */
function ownFolder(path: string, mode: string, user: string, group: string): string {
  return `d ${quoted(path)} ${mode} ${user} ${group}\n`;
}

/** A folder that may belong to others: mode and owner are for a new one only, from systemd 251 on. */
function sharedFolder(path: string, { target }: Deployment): string {
  const whenNew = atLeast(target.systemd, 251, 0, 0) ? ':' : '';
  return `d ${quoted(path)} ${whenNew}0755 ${whenNew}root ${whenNew}root\n`;
}

/** Mode and owner of a file if it exists. */
function fileMode(path: string, mode: string, user: string, group: string): string {
  return `z ${quoted(path)} ${mode} ${user} ${group}\n`;
}

/** A folder that a service only reads: only root may change what it runs. */
function readOnlyFolder(path: string, group: string): string[] {
  return [
    ownFolder(path, '0750', 'root', group),
    // `~` leaves out the right to execute for files.
    `Z ${quoted(path)} ~0750 root ${group}\n`,
  ];
}

/** Folders of certificates of an ACME authority: Nginx reads the one of challenges as an account without rights. */
function certificateFolders(listen: Listen): string[] {
  if (listen.scheme !== 'https' || listen.acme === undefined) return [];
  const folders = [listen.acme.webroot, dirname(listen.certificateFile)];
  const certbot = ['/etc/letsencrypt', '/var/lib/letsencrypt', '/var/log/letsencrypt'];
  return [
    ...folders.map((path) => ownFolder(path, '0755', 'root', 'root')),
    ...certbot.map((path) => ownFolder(path, '0700', 'root', 'root')),
  ];
}

/** Folders that a service writes to: they must exist when its unit starts. */
function writableFolders(service: Service | undefined): string[] {
  if (!service) return [];
  return service.writableFolders.map((path) =>
    ownFolder(path, '0700', service.user, service.group),
  );
}

/**
 * Returns the folders of the deployment and the modes of its secrets, for `systemd-tmpfiles`. Nothing is removed.
 *
 * Source: tmpfiles.d(5)
 */
export function folders(deployment: Deployment): string {
  const { name, layout, nginx, gateway, flask, secrets } = deployment;
  const { listen } = nginx;
  const shared = [
    `/etc/${name}`,
    dirname(layout.nginxErrorLog),
    dirname(layout.nginxAccessLog),
    layout.nginxTempFolder,
  ];
  const lines = [
    ...shared.filter((path) => !packaged.has(path)).map((path) => sharedFolder(path, deployment)),
    ...certificateFolders(listen),
    ...writableFolders(gateway.service),
    ...writableFolders(flask?.service),
  ];
  for (const { path, mode, owner } of secrets) {
    const [user = 'root', group = 'root'] = owner.split(':');
    lines.push(fileMode(path, mode, user, group));
  }
  const declared = new Set<string>(secrets.map(({ path }) => path));
  const protect = (path: string | undefined, mode: string, group: string) => {
    // Two lines of one path would contradict each other.
    if (path !== undefined && !declared.has(path)) lines.push(fileMode(path, mode, 'root', group));
  };
  // systemd reads these as root, before the program starts.
  for (const file of [
    gateway.service?.secretsFile,
    flask?.service?.secretsFile,
    deployment.backup?.secretsFile,
  ]) {
    protect(file, '0600', 'root');
  }
  // Nginx reads it as root, before its workers start.
  if (listen.scheme === 'https') {
    protect(listen.certificateKeyFile, '0600', 'root');
  }
  const keysFile = gateway.environment.FAIRLEAD_KEYS_FILE;
  if (gateway.service) protect(keysFile, '0640', gateway.service.group);
  const modelFolder = flask?.environment.FAIRLEAD_MODEL_FOLDER;
  if (modelFolder !== undefined && flask?.service) {
    lines.push(...readOnlyFolder(modelFolder, flask.service.group));
  }
  return [...new Set(lines)].join('');
}
