import { dirname } from 'node:path';

import { checkDeployment } from './check-options.ts';
import type { Deployment } from './deployment.ts';
import type { Address } from './values/address.ts';

/**
 * Returns the folders that must exist, in this order, before the rendered files are written and used.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, requiredFolders } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(requiredFolders(deployment).includes('/tmp/my-service/logs')); // true
 * ```
 */
export function requiredFolders(deployment: Deployment): readonly string[] {
  checkDeployment(deployment);
  const { layout, gateway, flask, grpc } = deployment;
  const socketFolder = (address: Address | undefined) =>
    address?.kind === 'unix' ? [dirname(address.path)] : [];
  const folders = [
    dirname(layout.nginxConfigFile),
    dirname(layout.gunicornConfigFile),
    dirname(layout.nginxPidFile),
    dirname(layout.nginxErrorLog),
    dirname(layout.nginxAccessLog),
    layout.nginxTempFolder,
    ...socketFolder(gateway.listen),
    ...socketFolder(flask?.listen),
    ...socketFolder(grpc?.gatewayListen),
  ];
  return [...new Set(folders)];
}
