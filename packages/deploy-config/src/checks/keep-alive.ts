import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';

const pairs = [
  { client: 'clientMs', server: 'nginxMs', who: 'Nginx', whose: 'its client' },
  { client: 'upstreamMs', server: 'gatewayMs', who: 'the gateway', whose: 'Nginx' },
] as const;

/** A server that closes an idle connection before its client does loses the request sent at that moment. */
export function checkKeepAlive({ keepAlive }: Deployment): DeploymentProblem[] {
  return pairs
    .filter(({ client, server }) => keepAlive[client] >= keepAlive[server])
    .map(({ client, server, who, whose }) => ({
      code: 'ERR_DEPLOYMENT_KEEP_ALIVE',
      settings: [`keepAlive.${client}`, `keepAlive.${server}`],
      message:
        `keepAlive.${server} is ${keepAlive[server]}, but keepAlive.${client} is ${keepAlive[client]}: ` +
        `${who} would close idle connections that ${whose} still uses, and lose requests. ` +
        `Raise keepAlive.${server} above ${keepAlive[client]}, or lower keepAlive.${client} below ${keepAlive[server]}.`,
    }));
}
