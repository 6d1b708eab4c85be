import type { Deployment } from '@fairlead/deploy-config';

/**
 * Returns the names of the Debian packages that hosts of a deployment need: for an image that has them.
 *
 * @example
 * ```ts
 * import { deploymentPackages } from '@fairlead/deploy';
 * import { defineDeployment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
 *   gateway: { command: ['/usr/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * console.log(deploymentPackages(deployment).join(' ')); // nginx unattended-upgrades
 * ```
 */
export function deploymentPackages({
  flask,
  host,
  nginx,
}: Pick<Deployment, 'flask' | 'host' | 'nginx'>): readonly string[] {
  return requiredPackages({
    hasAcme: nginx.listen.scheme === 'https' && nginx.listen.acme !== undefined,
    hasPython: flask !== undefined,
    hasAutomaticUpdates: host.automaticUpdates,
  });
}

/** Returns the names of the Debian packages that a release needs on its host. */
export function requiredPackages({
  hasPython,
  hasAutomaticUpdates,
  hasAcme,
}: {
  readonly hasPython: boolean;
  readonly hasAutomaticUpdates: boolean;
  /** Its certificate is of an ACME authority. */
  readonly hasAcme: boolean;
}): readonly string[] {
  return [
    'nginx',
    ...(hasAcme ? ['certbot'] : []),
    ...(hasPython ? ['python3-venv'] : []),
    ...(hasAutomaticUpdates ? ['unattended-upgrades'] : []),
  ];
}
