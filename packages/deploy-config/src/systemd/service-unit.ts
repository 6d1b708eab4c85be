import type { Deployment, Service } from '../deployment.ts';
import { hardening } from './hardening.ts';
import type { Unit, UnitSection } from './unit-directive.ts';

interface ServiceUnitOptions {
  readonly deployment: Deployment;
  readonly description: string;
  /** Name of the unit without its suffix. */
  readonly unit: string;
  readonly socketUnit: string;
  readonly service: Service;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** @defaultValue 1 */
  readonly processes?: number;
  /** Directives that differ between the programs. */
  readonly settings: UnitSection<'Service'>;
}

/** Uses an empty folder, unless one is set, so that a model file can't name other files. */
function workingDirectory({ service, unit }: ServiceUnitOptions): UnitSection<'Service'> {
  const { workingFolder } = service;
  if (workingFolder !== undefined) return { WorkingDirectory: workingFolder };
  return {
    RuntimeDirectory: [unit],
    RuntimeDirectoryMode: 0o500,
    WorkingDirectory: `/run/${unit}`,
  };
}

/** Returns a hardened service with a socket of systemd, so that a restart loses no connection. */
export function serviceUnit(options: ServiceUnitOptions): Unit {
  const { deployment, description, socketUnit, service, command, environment } = options;
  const { processes = 1 } = options;
  return {
    Unit: {
      Description: description,
      Requires: [socketUnit],
      After: ['network.target', socketUnit],
      // Without a limit: after it, systemd also fails the socket and refuses the restart of the next deployment.
      StartLimitIntervalSec: 0,
    },
    Service: {
      ...options.settings,
      User: service.user,
      Group: service.group,
      ...workingDirectory(options),
      Environment: environment,
      ...(service.secretsFile !== undefined && { EnvironmentFile: service.secretsFile }),
      ExecStart: command,
      Restart: 'on-failure',
      // Requests wait in the socket until it runs again.
      RestartSec: 1_000,
      TimeoutStopSec: deployment.timeouts.stopMs,
      KillMode: 'mixed',
      MemoryMax: options.memoryBytes,
      TasksMax: 512 * processes,
      LimitNOFILE: 65_536,
      LimitCORE: 0,
      ...hardening,
      ...(service.writableFolders.length > 0 && { ReadWritePaths: service.writableFolders }),
    },
    Install: { WantedBy: ['multi-user.target'] },
  };
}
