import { checkDeployment } from '../check-options.ts';
import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { accounts } from './accounts.ts';
import { cloudWatchAgent } from './cloudwatch-agent.ts';
import { folders } from './folders.ts';
import { logRotation } from './log-rotation.ts';
import { automaticUpdates, journalLimits, timeServers } from './operating-system.ts';

/**
 * Renders what a host needs beside its services: accounts, folders and modes of secrets, limits of logs, security updates, time
 * servers and, if the deployment has `cloudWatch`, the CloudWatch agent; nothing for a layout in the foreground.
 *
 * `systemd-sysusers`, `systemd-tmpfiles --create` and restarts of journald and timesyncd put them into effect.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the deployment isn't a result of `defineDeployment`.
 *
 * @example
 * ```ts
 * import { defineDeployment, renderHost } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
 *   gateway: { command: ['/usr/bin/node', '/opt/shop/main.js'], service: { user: 'shop' } },
 * });
 * const [accounts] = renderHost(deployment);
 * console.log(accounts?.path); // /etc/sysusers.d/fairlead.conf
 * ```
 */
export function renderHost(deployment: Deployment): RenderedFile[] {
  checkDeployment(deployment);
  const { name, layout, host } = deployment;
  if (layout.supervisor !== 'systemd') return [];
  const contents: Readonly<Record<string, string | undefined>> = {
    [`/etc/sysusers.d/${name}.conf`]: accounts(deployment) || undefined,
    [`/etc/tmpfiles.d/${name}.conf`]: folders(deployment),
    [`/etc/logrotate.d/${name}`]: logRotation(deployment),
    [`/etc/systemd/journald.conf.d/${name}.conf`]: journalLimits(deployment),
    [`/etc/systemd/timesyncd.conf.d/${name}.conf`]: timeServers(deployment),
    [`/etc/apt/apt.conf.d/60${name}`]: host.automaticUpdates ? automaticUpdates() : undefined,
    [`/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d/${name}.json`]:
      cloudWatchAgent(deployment),
  };
  return Object.entries(contents).flatMap(([path, content]) =>
    content === undefined
      ? []
      : [
          {
            path: path as AbsolutePath,
            // JSON has no comments.
            content: path.endsWith('.json') ? content : renderedNotice + content,
            mode: 0o644,
            owner: 'root:root',
            role: 'host' as const,
          },
        ],
  );
}
