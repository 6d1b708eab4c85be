import type { Deployment, Service } from '../deployment.ts';

/** Accounts that every Debian has, or that the package of Nginx creates. */
const existing = new Set(['root', 'www-data']);

/**
 * Returns the accounts of the services, for `systemd-sysusers`: without a password, a shell or a home.
 *
 * Source: sysusers.d(5)
 */
export function accounts({ name, gateway, flask }: Deployment): string {
  const lines: string[] = [];
  const add = (service: Service | undefined, program: string) => {
    if (!service) return;
    const { user, group } = service;
    // A user brings a group of the same name.
    if (!existing.has(user)) lines.push(`u ${user} - "${program} of ${name}" / /usr/sbin/nologin`);
    if (group !== user && !existing.has(group)) lines.push(`g ${group} -`);
  };
  add(gateway.service, 'Gateway');
  add(flask?.service, 'Python service');
  return [...new Set(lines)].map((line) => `${line}\n`).join('');
}
