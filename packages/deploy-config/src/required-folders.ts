import { dirname } from 'node:path';

import type { Deployment } from './deployment.ts';
import type { Address } from './values/address.ts';

/** The folders that have to exist, in this order, before the rendered files are written and started. */
export function requiredFolders({ layout, gateway, flask, grpc }: Deployment): readonly string[] {
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
