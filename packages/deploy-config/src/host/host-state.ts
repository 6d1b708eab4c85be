import { checkDeployment } from '../check-options.ts';
import type { Deployment } from '../deployment.ts';

/** Kind of state, as the documentation lists them. */
export type HostStateKind =
  | 'registry'
  | 'registry cache'
  | 'jobs'
  | 'records'
  | 'captured requests'
  | 'models'
  | 'API keys'
  | 'trusted keys'
  | 'secrets'
  | 'certificates'
  | 'folders of services'
  | 'activations';

/** Something that a host has and no release contains. */
export interface HostState {
  readonly kind: HostStateKind;
  /** Absolute path on the host, or the address of a bucket or a queue. */
  readonly path: string;
  /** How the backup stores it: a `registry` object by object, a `file` whole; `undefined` for state that isn't in the backup. */
  readonly backup: 'registry' | 'file' | undefined;
}

/**
 * Lists the state of a host: everything that stays when its release is replaced, and that a new host needs beside a release. No
 * path is inside of the folder of releases, which `defineDeployment` checks.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the deployment isn't a result of `defineDeployment`.
 *
 * @example
 * ```ts
 * import { defineDeployment, hostState } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
 *   gateway: {
 *     command: ['/usr/bin/node', '/opt/shop/main.js'],
 *     service: { user: 'shop' },
 *     environment: { FAIRLEAD_REGISTRY: '/var/lib/shop/registry' },
 *   },
 * });
 * console.log(hostState(deployment)[0]?.path); // /var/lib/shop/registry
 * ```
 */
export function hostState(deployment: Deployment): readonly HostState[] {
  checkDeployment(deployment);
  const { gateway, flask, nginx, secrets, backup } = deployment;
  const found = new Map<string, HostState>();
  const add = (kind: HostStateKind, path: string | undefined, how?: HostState['backup']) => {
    if (path === undefined || path === '' || found.has(path)) return;
    // A bucket or a queue has the durability of AWS; a folder of this host has none.
    found.set(path, { kind, path, backup: path.startsWith('/') ? how : undefined });
  };
  const variable = (name: string) => gateway.environment[name];
  add('registry', variable('FAIRLEAD_REGISTRY'), 'registry');
  add('registry cache', variable('FAIRLEAD_REGISTRY_CACHE'));
  add('jobs', variable('FAIRLEAD_JOBS_FOLDER'));
  add('jobs', variable('FAIRLEAD_JOBS_QUEUE_URL'));
  add('records', variable('FAIRLEAD_STATE_FOLDER'));
  add('captured requests', variable('FAIRLEAD_CAPTURE_LOCATION'));
  add('models', flask?.environment.FAIRLEAD_MODEL_FOLDER);
  for (const { from, path } of secrets) {
    // A value of AWS is read again from there.
    if ('file' in from) add('secrets', from.file, 'file');
    if (!('file' in from) || from.file !== path) add('secrets', path);
  }
  add('API keys', variable('FAIRLEAD_KEYS_FILE'), 'file');
  add('trusted keys', variable('FAIRLEAD_TRUSTED_KEYS'), 'file');
  for (const service of [gateway.service, flask?.service]) {
    add('secrets', service?.secretsFile, 'file');
    for (const folder of service?.writableFolders ?? []) add('folders of services', folder);
  }
  // A restore needs it before it can read the backup.
  add('secrets', backup?.secretsFile);
  if (nginx.listen.scheme === 'https') {
    const { acme, certificateFile, certificateKeyFile } = nginx.listen;
    // An authority issues another one for a new host.
    for (const path of [certificateFile, certificateKeyFile]) {
      add('certificates', path, acme ? undefined : 'file');
    }
    if (acme) add('certificates', '/etc/letsencrypt');
  }
  add('activations', '/var/lib/fairlead-deploy');
  return [...found.values()];
}
