import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { openFilesFor } from '../nginx/open-files.ts';

/** Minimum number of addresses at their limit that together take all connections of one worker. */
const MIN_ADDRESSES = 16;

/** A proxied request takes a connection of the client and one of the upstream. */
const CONNECTIONS_PER_REQUEST = 2;

/** Returns the minimum connections of a worker for a limit per address. */
function connectionsFor(perAddress: number): number {
  return perAddress * CONNECTIONS_PER_REQUEST * MIN_ADDRESSES;
}

/** Returns the maximum limit per address that the connections of a worker allow. */
export function perAddressFor(workerConnections: number): number {
  return Math.floor(workerConnections / (CONNECTIONS_PER_REQUEST * MIN_ADDRESSES));
}

/** The open files of a worker must be enough for its connections, and its connections for several addresses at their limit. */
export function checkConnections({ nginx, host }: Deployment): DeploymentProblem[] {
  const problems: DeploymentProblem[] = [];
  const { workerConnections, perAddress } = nginx;
  const files = openFilesFor(workerConnections);
  if (files > host.openFiles) {
    problems.push({
      code: 'ERR_DEPLOYMENT_CONNECTIONS',
      settings: ['nginx.workerConnections', 'host.openFiles'],
      message:
        `nginx.workerConnections is ${workerConnections}, which needs up to ${files} open files in each worker, ` +
        `but host.openFiles is ${host.openFiles}. Lower nginx.workerConnections, or raise host.openFiles to what the host allows ("ulimit -Hn").`,
    });
  }
  if (perAddress !== false && workerConnections < connectionsFor(perAddress.connections)) {
    const requests = Math.floor(workerConnections / CONNECTIONS_PER_REQUEST);
    problems.push({
      code: 'ERR_DEPLOYMENT_CONNECTIONS',
      settings: ['nginx.perAddress.connections', 'nginx.workerConnections'],
      message:
        `nginx.perAddress.connections is ${perAddress.connections}, but nginx.workerConnections is ${workerConnections}, enough for ${requests} requests at once: ` +
        `${Math.ceil(requests / perAddress.connections)} addresses could take all of them. ` +
        `Raise nginx.workerConnections to at least ${connectionsFor(perAddress.connections)}, or lower nginx.perAddress.connections to at most ${perAddressFor(workerConnections)}.`,
    });
  }
  return problems;
}
