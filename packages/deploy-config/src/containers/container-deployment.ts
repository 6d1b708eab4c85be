import { acmeWithoutSystemd } from '../checks/services.ts';
import { checkDeployment } from '../check-options.ts';
import { DeploymentError, type DeploymentProblem } from '../deployment-error.ts';
import type { CheckedLayout, Deployment, Listen, Upstream } from '../deployment.ts';
import { APPLICATION_FOLDER } from './container-state.ts';
import { containerLayout, type Layout } from '../layout.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { formatAddress, type Address } from '../values/address.ts';

/** Virtual environment in the image of Flask. */
export const PYTHON_FOLDER = '/opt/venv';

/** Folders of sockets, each a volume that only its server writes to. */
export function socketFolders({ layout }: Pick<Deployment, 'layout'>): {
  readonly gateway: AbsolutePath;
  readonly flask: AbsolutePath;
} {
  const folder = (program: string) => `${layout.socketFolder}/${program}` as AbsolutePath;
  return { gateway: folder('gateway'), flask: folder('flask') };
}

/** Every interface of the container: the port that is published decides who reaches it. */
function everyInterface(address: Address): Address {
  return address.kind === 'unix' ? address : { ...address, host: '0.0.0.0' };
}

function listenInContainer(listen: Listen): Listen {
  return listen.scheme === 'http'
    ? { ...listen, address: everyInterface(listen.address) }
    : { ...listen, host: '0.0.0.0' };
}

function problem(setting: string, message: string): DeploymentProblem {
  return { code: 'ERR_DEPLOYMENT_CONTAINERS', settings: [setting], message };
}

/** Addresses of the host, which containers don't reach. */
function unreachable({ nginx, grpc }: Deployment): DeploymentProblem[] {
  const problems: DeploymentProblem[] = [];
  const places: readonly (readonly [string, Address | undefined])[] = [
    ['nginx.listen.address', nginx.listen.scheme === 'http' ? nginx.listen.address : undefined],
    ['grpc.address', grpc?.address],
  ];
  for (const [setting, address] of places) {
    if (address?.kind !== 'unix') continue;
    const message = `${setting} is ${formatAddress(address)}, but a container publishes ports only. Give an address such as "127.0.0.1:8080".`;
    problems.push(problem(setting, message));
  }
  for (const [name, { servers }] of Object.entries(nginx.upstreams)) {
    if (name === 'gateway' || name === 'flask') continue;
    for (const server of servers.filter(isOfHost)) {
      const setting = `nginx.upstreams.${name}.servers`;
      const message = `${setting} has ${formatAddress(server)}, which is inside of the container of Nginx. Give an address that containers reach.`;
      problems.push(problem(setting, message));
    }
  }
  return problems;
}

function isOfHost(address: Address): boolean {
  return address.kind === 'unix' || address.host.startsWith('127.') || address.host === '::1';
}

/**
 * Returns the same deployment for containers: the same numbers, limits and routes, with the layout of {@link containerLayout}, Unix sockets in volumes
 * between the programs, and Nginx on every interface of its container.
 *
 * @throws DeploymentError with `ERR_DEPLOYMENT_CONTAINERS` for addresses that containers don't reach, and `ERR_DEPLOYMENT_SERVICE` for
 * `nginx.listen.acme`, which needs systemd; DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the deployment isn't a result of
 * `defineDeployment`.
 *
 * @example
 * ```ts
 * import { containerDeployment, defineDeployment, formatAddress } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.28.0' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { command: ['/usr/bin/node', '/opt/shop/main.js'], service: { user: 'shop' } },
 * });
 * const { gateway } = containerDeployment(deployment);
 * console.log(formatAddress(gateway.listen)); // unix:/run/fairlead/gateway/gateway.sock
 * ```
 */
export function containerDeployment(deployment: Deployment): Deployment {
  checkDeployment(deployment);
  const layout = checkedLayout(containerLayout(deployment.name));
  const folders = socketFolders({ layout });
  const socket = (folder: AbsolutePath, file: string): Address => ({
    kind: 'unix',
    path: `${folder}/${file}` as AbsolutePath,
  });
  const { nginx, gateway, flask, grpc } = deployment;
  const gatewayListen = socket(folders.gateway, 'gateway.sock');
  const flaskListen = socket(folders.flask, 'flask.sock');
  const problems = [...acmeWithoutSystemd(nginx), ...unreachable(deployment)];
  if (problems.length > 0) throw new DeploymentError(problems);
  const at = (name: string, listen: Address): Record<string, Upstream> => {
    const upstream = nginx.upstreams[name];
    return upstream ? { [name]: { ...upstream, servers: [listen] } } : {};
  };
  return {
    ...deployment,
    layout,
    nginx: {
      ...nginx,
      // The container starts Nginx as its account.
      user: undefined,
      listen: listenInContainer(nginx.listen),
      upstreams: {
        ...nginx.upstreams,
        ...at('gateway', gatewayListen),
        ...at('flask', flaskListen),
      },
    },
    gateway: { ...gateway, listen: gatewayListen },
    flask: flask && {
      ...flask,
      listen: flaskListen,
      folder: APPLICATION_FOLDER,
      gunicorn: `${PYTHON_FOLDER}/bin/gunicorn` as AbsolutePath,
    },
    grpc: grpc && {
      address: grpc.address && everyInterface(grpc.address),
      gatewayListen: socket(folders.gateway, 'grpc.sock'),
    },
  };
}

/** Paths of {@link containerLayout} are valid for every valid name. */
function checkedLayout(layout: Layout): CheckedLayout {
  return layout as CheckedLayout;
}
