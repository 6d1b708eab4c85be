import { dirname } from 'node:path/posix';

import type { Deployment } from '../deployment.ts';
import { hardening } from './hardening.ts';
import type { Unit } from './unit-directive.ts';

/** Program of the release that runs, and its agent. */
const AGENT = ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/agent/agent.mjs'];

/** Folders of certbot. */
const CERTBOT = ['/etc/letsencrypt', '/var/lib/letsencrypt', '/var/log/letsencrypt'];

/** Returns timer and service that renew the certificate, and check how long it is valid; none without TLS. */
export function certificateUnits({ name, nginx }: Deployment): Readonly<Record<string, Unit>> {
  const { listen } = nginx;
  if (listen.scheme !== 'https') return {};
  const { acme, certificateFile } = listen;
  return {
    [`${name}-certificate.timer`]: {
      Unit: { Description: `Times of the check of the certificate of ${name}` },
      Timer: {
        // At once on a new host, then twice a day: each host at another time, as authorities recommend.
        OnBootSec: 30_000,
        OnUnitInactiveSec: 43_200_000,
      },
      Install: { WantedBy: ['timers.target'] },
    },
    [`${name}-certificate.service`]: {
      Unit: {
        Description: `Certificate of ${name}`,
        After: ['network.target', 'nginx.service'],
        StartLimitIntervalSec: 0,
      },
      Service: {
        Type: 'oneshot',
        ExecStart: [...AGENT, 'certificate'],
        TimeoutStartSec: 900_000,
        // Let's Encrypt allows five failures an hour for a name.
        ...(acme && { Restart: 'on-failure', RestartSec: 900_000 }),
        ...hardening,
        ProcSubset: 'all',
        RestrictAddressFamilies: ['AF_UNIX', 'AF_INET', 'AF_INET6'],
        ...(acme && {
          // certbot stores files with the owner of those before.
          CapabilityBoundingSet: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'],
          SystemCallFilter: [['@system-service']],
          ReadWritePaths: [...CERTBOT, acme.webroot, dirname(certificateFile)],
        }),
      },
    },
  };
}
