import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { idleGraceMs } from '../idle-grace.ts';

const pairs = [
  { client: 'clientMs', server: 'nginxMs', who: 'Nginx', whose: 'its client' },
  { client: 'upstreamMs', server: 'gatewayMs', who: 'the gateway', whose: 'Nginx' },
] as const;

/** A server that closes an idle connection before its client loses a request sent at that moment. */
export function checkKeepAlive({ keepAlive, timeouts }: Deployment): DeploymentProblem[] {
  const problems: DeploymentProblem[] = pairs
    .filter(({ client, server }) => keepAlive[client] >= keepAlive[server])
    .map(({ client, server, who, whose }) => ({
      code: 'ERR_DEPLOYMENT_KEEP_ALIVE',
      settings: [`keepAlive.${client}`, `keepAlive.${server}`],
      message:
        `keepAlive.${server} is ${keepAlive[server]}, but keepAlive.${client} is ${keepAlive[client]}: ` +
        `${who} would close idle connections that ${whose} still uses, and lose requests. ` +
        `Raise keepAlive.${server} above ${keepAlive[client]}, or lower keepAlive.${client} below ${keepAlive[server]}.`,
    }));
  const { gatewayShutdownMs } = timeouts;
  const minMs = idleGraceMs(keepAlive);
  if (gatewayShutdownMs < minMs) {
    problems.push({
      code: 'ERR_DEPLOYMENT_KEEP_ALIVE',
      settings: ['keepAlive.upstreamMs', 'timeouts.gatewayShutdownMs'],
      message:
        `timeouts.gatewayShutdownMs is ${gatewayShutdownMs}, but keepAlive.upstreamMs is ${keepAlive.upstreamMs}: ` +
        'a restart of the gateway would close idle connections that Nginx still uses, and lose requests. ' +
        `Raise timeouts.gatewayShutdownMs to at least ${minMs}, or lower keepAlive.upstreamMs by ${minMs - gatewayShutdownMs}.`,
    });
  }
  return problems;
}
