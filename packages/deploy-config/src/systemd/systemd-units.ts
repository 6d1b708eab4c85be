import type { Deployment } from '../deployment.ts';
import { flaskEnvironment } from '../environment/flask-environment.ts';
import { gatewayEnvironment } from '../environment/gateway-environment.ts';
import { gatewayBytes } from '../gateway-bytes.ts';
import { gunicornCommand } from '../start-commands.ts';
import { backupUnits } from './backup-units.ts';
import { certificateUnits } from './certificate-units.ts';
import { serviceUnit } from './service-unit.ts';
import { inheritedGrpcAddress } from '../inherited-grpc-address.ts';
import { socketUnit } from './socket-unit.ts';
import type { Unit } from './unit-directive.ts';

/** The process that systemd starts restarts one of the others that is killed, and all of them one by one on SIGHUP. */
const severalProcesses = {
  OOMPolicy: 'continue',
  ExecReload: ['/bin/sh', '-c', 'kill -HUP "$MAINPID"'],
} as const;

/**
 * Returns the units of a deployment by their path below the unit folder, to change and pass to `serializeUnit`.
 *
 * There are none for a layout in the foreground.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, systemdUnits } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(Object.keys(systemdUnits(deployment)).length); // 0
 * ```
 */
export function systemdUnits(deployment: Deployment): Readonly<Record<string, Unit>> {
  const { name, layout, gateway, flask, nginx, timeouts } = deployment;
  if (layout.supervisor !== 'systemd' || !gateway.service || !gateway.command) return {};
  const gatewayUnit = `${name}-gateway`;
  const flaskUnit = `${name}-flask`;
  const nginxGroup = nginx.user ?? 'root';
  // A socket has one group: if Nginx connects to Flask too, the gateway joins the group of Nginx.
  const nginxCallsFlask = nginx.upstreams.flask !== undefined;
  const units: Record<string, Unit> = {
    [`${gatewayUnit}.socket`]: socketUnit({
      description: `Socket of the ${name} gateway`,
      addresses: [gateway.listen, ...inheritedGrpcAddress(deployment)],
      serviceUnit: `${gatewayUnit}.service`,
      group: nginxGroup,
    }),
    [`${gatewayUnit}.service`]: serviceUnit({
      deployment,
      description: `Gateway of ${name}`,
      unit: gatewayUnit,
      socketUnit: `${gatewayUnit}.socket`,
      service: gateway.service,
      command: gateway.command,
      environment: gatewayEnvironment(deployment),
      memoryBytes: gatewayBytes(gateway),
      processes: gateway.processes,
      settings: {
        Type: 'exec',
        StateDirectory: [name],
        StateDirectoryMode: 0o700,
        RestrictAddressFamilies: ['AF_UNIX', 'AF_INET', 'AF_INET6'],
        ...(gateway.processes > 1 && severalProcesses),
        ...(nginxCallsFlask && { SupplementaryGroups: [nginxGroup] }),
      },
    }),
    // The distribution's unit gives Nginx 5 seconds to stop, regardless of requests in flight.
    [`nginx.service.d/${name}.conf`]: {
      Service: {
        ExecStop: [],
        KillMode: 'mixed',
        KillSignal: 'SIGQUIT',
        TimeoutStopSec: timeouts.stopMs,
        LimitNOFILE: deployment.host.openFiles,
      },
    },
  };
  Object.assign(units, certificateUnits(deployment), backupUnits(deployment));
  if (!flask?.service) return units;
  const local = flask.listen.kind === 'unix';
  units[`${flaskUnit}.socket`] = socketUnit({
    description: `Socket of the ${name} Python service`,
    addresses: [flask.listen],
    serviceUnit: `${flaskUnit}.service`,
    group: nginxCallsFlask ? nginxGroup : gateway.service.group,
  });
  units[`${flaskUnit}.service`] = serviceUnit({
    deployment,
    description: `Python service of ${name}`,
    unit: flaskUnit,
    socketUnit: `${flaskUnit}.socket`,
    service: flask.service,
    command: gunicornCommand(deployment) ?? [],
    environment: flaskEnvironment(deployment),
    memoryBytes: flask.workers * flask.workerMemoryBytes,
    settings: {
      Type: 'notify',
      NotifyAccess: 'main',
      // It serves on the given socket and opens no connections.
      PrivateNetwork: local,
      RestrictAddressFamilies: local ? ['AF_UNIX'] : ['AF_UNIX', 'AF_INET', 'AF_INET6'],
    },
  });
  return units;
}
