import type { Deployment } from '../deployment.ts';

/**
 * Returns journald's limits: the journal holds the logs of gateway and Flask, and a full disk stops both.
 *
 * Source: journald.conf(5)
 */
export function journalLimits({ host }: Deployment): string {
  return `[Journal]
Storage=persistent
SystemMaxUse=${host.journalMaxBytes}
SystemKeepFree=${host.journalMaxBytes}
MaxRetentionSec=30day
`;
}

/**
 * Returns apt's settings for security updates without a person; no reboot, which a rolling update does host by host.
 *
 * Source: `/usr/share/doc/unattended-upgrades/README.md`
 */
export function automaticUpdates(): string {
  return `APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::Remove-Unused-Dependencies "true";
`;
}

/** Returns timesyncd's servers. Source: timesyncd.conf(5) */
export function timeServers({ host }: Deployment): string | undefined {
  return host.timeServers.length === 0 ? undefined : `[Time]\nNTP=${host.timeServers.join(' ')}\n`;
}
