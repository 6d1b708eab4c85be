import type { DeploymentProblem } from '../deployment-error.ts';
import type { ParsedDeployment } from '../deployment-schema.ts';
import type { Deployment } from '../deployment.ts';
import { formatAddress, maxSocketPathBytes, type Address } from '../values/address.ts';

type Place = readonly [setting: string, address: Address];

function disagree(
  [setting, address]: Place,
  [other, wanted]: readonly [string, Address | undefined],
): DeploymentProblem[] {
  const found = wanted && formatAddress(wanted);
  if (found === formatAddress(address)) return [];
  return [
    {
      code: 'ERR_DEPLOYMENT_ADDRESS',
      settings: [setting, other],
      message:
        `${setting} is ${formatAddress(address)}, but ${other} is ${found ?? 'not set'}: no server would listen there. ` +
        `Leave ${setting} out, or make both equal.`,
    },
  ];
}

/** Returns whether two servers would need the same port: an address of all interfaces uses it on each of them. */
function collide(left: Address, right: Address): boolean {
  if (left.kind === 'unix' || right.kind === 'unix') {
    return formatAddress(left) === formatAddress(right);
  }
  const all = ['0.0.0.0', '::'];
  const meet = left.host === right.host || all.includes(left.host) || all.includes(right.host);
  return left.port === right.port && meet;
}

function listeners({ nginx, gateway, flask, grpc }: Deployment): Place[] {
  const { listen } = nginx;
  const ofNginx: Place[] =
    listen.scheme === 'http'
      ? [['nginx.listen.address', listen.address]]
      : [
          ['nginx.listen.port', { kind: 'tcp', host: listen.host, port: listen.port }],
          [
            'nginx.listen.redirectPort',
            { kind: 'tcp', host: listen.host, port: listen.redirectPort },
          ],
        ];
  const rest: Place[] = [['gateway.listen', gateway.listen]];
  if (flask) rest.push(['flask.listen', flask.listen]);
  if (grpc) rest.push(['grpc.gatewayListen', grpc.gatewayListen]);
  if (grpc?.address) rest.push(['grpc.address', grpc.address]);
  return [...ofNginx, ...rest];
}

/** Plain HTTP/2 needs a separate address, TLS selects the protocol. */
function grpcProblems({ nginx, grpc }: Deployment): DeploymentProblem[] {
  if (!grpc) return [];
  const problems: DeploymentProblem[] = [];
  const { scheme } = nginx.listen;
  if ((scheme === 'http') !== (grpc.address !== undefined)) {
    problems.push({
      code: 'ERR_DEPLOYMENT_ADDRESS',
      settings: ['grpc.address', 'nginx.listen.scheme'],
      message:
        scheme === 'http'
          ? 'grpc.address is not set, but nginx.listen.scheme is "http": HTTP/1.1 and HTTP/2 cannot share a plain port. Set grpc.address, such as "127.0.0.1:8081".'
          : 'grpc.address is set, but nginx.listen.scheme is "https": gRPC shares the port of TLS. Leave grpc.address out.',
    });
  }
  return problems;
}

/** Each client must use the address of its server, no two servers may share an address, socket paths must fit. */
export function checkAddresses(
  deployment: Deployment,
  given: ParsedDeployment,
): DeploymentProblem[] {
  const problems = grpcProblems(deployment);
  const { gatewayAddress } = given.nginx;
  const { flaskAddress } = given.gateway;
  if (gatewayAddress) {
    problems.push(
      ...disagree(
        ['nginx.gatewayAddress', gatewayAddress],
        ['gateway.listen', deployment.gateway.listen],
      ),
    );
  }
  if (flaskAddress) {
    problems.push(
      ...disagree(
        ['gateway.flaskAddress', flaskAddress],
        ['flask.listen', deployment.flask?.listen],
      ),
    );
  }

  const places = listeners(deployment);
  for (const [index, [setting, address]] of places.entries()) {
    for (const [other, taken] of places.slice(0, index)) {
      if (!collide(address, taken)) continue;
      problems.push({
        code: 'ERR_DEPLOYMENT_ADDRESS',
        settings: [other, setting],
        message:
          `${setting} (${formatAddress(address)}) and ${other} (${formatAddress(taken)}) are the same address: ` +
          'only one server can listen on it. Change one of them.',
      });
    }
  }

  const upstreams = Object.entries(given.nginx.upstreams ?? {}).flatMap(([name, { servers }]) =>
    servers.map((server): Place => [`nginx.upstreams.${name}.servers`, server]),
  );
  for (const [setting, address] of [...places, ...upstreams]) {
    if (address.kind !== 'unix') continue;
    const bytes = Buffer.byteLength(address.path);
    if (bytes <= maxSocketPathBytes) continue;
    problems.push({
      code: 'ERR_DEPLOYMENT_SOCKET_PATH',
      settings: [setting],
      message:
        `${setting} is a Unix socket with a path of ${bytes} bytes (${address.path}), ` +
        `but the system allows ${maxSocketPathBytes}. Choose a shorter folder, or an address such as 127.0.0.1:8080.`,
    });
  }
  return problems;
}
