import type { Deployment, Service } from '../deployment.ts';

/** Accounts that every Debian has, or that the package of Nginx creates. */
const existing = new Set(['root', 'www-data']);

/**
 * Returns the accounts of the services, for `systemd-sysusers`: without a password, a shell or a home.
 *
 * Source: sysusers.d(5)
 */
export function accounts({ name, gateway, flask }: Deployment): string {
  const lines = new Map<string, string>();
  const add = (service: Service | undefined, program: string) => {
    if (!service) return;
    const { user, group } = service;
    // A user brings a group of the same name.
    // Both services may run as one user.
    if (!existing.has(user) && !lines.has(user)) {
      lines.set(user, `u ${user} - "${program} of ${name}" / /usr/sbin/nologin`);
    }
    if (group !== user && !existing.has(group) && !lines.has(group))
      lines.set(group, `g ${group} -`);
  };
  add(gateway.service, 'Gateway');
  add(flask?.service, 'Python service');
  return [...lines.values()].map((line) => `${line}\n`).join('');
}
