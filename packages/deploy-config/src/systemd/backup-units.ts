import type { Deployment } from '../deployment.ts';
import { hardening } from './hardening.ts';
import type { Unit } from './unit-directive.ts';

/** Program of the release that runs, and its agent. */
const AGENT = ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/agent/agent.mjs'];
const MAX_DURATION_MS = 6 * 3_600_000;

/** Returns timer and service of the backup by their names; none without a backup. */
export function backupUnits({ name, backup }: Deployment): Readonly<Record<string, Unit>> {
  if (backup === undefined) return {};
  const { to, schedule, region, secretsFile } = backup;
  const isFolder = to.startsWith('/');
  return {
    [`${name}-backup.timer`]: {
      Unit: { Description: `Times of the backup of ${name}` },
      Timer: { OnCalendar: schedule, RandomizedDelaySec: 900_000, Persistent: true },
      Install: { WantedBy: ['timers.target'] },
    },
    [`${name}-backup.service`]: {
      Unit: {
        Description: `Backup of the state of ${name}`,
        After: ['network.target'],
      },
      Service: {
        Type: 'oneshot',
        ...(region !== undefined && { Environment: { AWS_REGION: region } }),
        ...(secretsFile !== undefined && { EnvironmentFile: secretsFile }),
        ExecStart: [...AGENT, 'backup'],
        TimeoutStartSec: MAX_DURATION_MS,
        Nice: 10,
        ...hardening,
        // It reads the files of all services, and writes to one folder.
        CapabilityBoundingSet: ['CAP_DAC_READ_SEARCH'],
        ProtectHome: 'read-only',
        ...(isFolder
          ? { ReadWritePaths: [to], PrivateNetwork: true, RestrictAddressFamilies: ['AF_UNIX'] }
          : { RestrictAddressFamilies: ['AF_UNIX', 'AF_INET', 'AF_INET6'] }),
      },
    },
  };
}
