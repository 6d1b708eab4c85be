import { readFileSync } from 'node:fs';

const { defineDeployment, renderHost } = await import('@fairlead/deploy-config');
const { hostDeployment } = await import('./host-deployment.ts');

/** Metrics that the CloudWatch agent of a host with HTTPS collects. */
export interface AgentMetrics {
  readonly namespace: string;
  readonly metrics: readonly string[];
}

interface AgentConfiguration {
  readonly metrics: {
    readonly namespace: string;
    readonly metrics_collected: Readonly<Record<string, { readonly measurement?: string[] }>>;
  };
}

/** Returns the metrics of the rendered configuration; those that it receives by StatsD are in the source of the agent on the host. */
export function cloudWatchAgent(): AgentMetrics {
  const listen = {
    scheme: 'https',
    names: ['a.example'],
    certificateFile: '/etc/a.pem',
    certificateKeyFile: '/etc/a.key',
  } as const;
  const files = renderHost(
    defineDeployment({ ...hostDeployment, nginx: { listen }, cloudWatch: {} }),
  );
  const file = files.find(({ path }) => path.endsWith('.json'));
  const { namespace, metrics_collected: collected } = (
    JSON.parse(file?.content ?? '') as AgentConfiguration
  ).metrics;
  const metrics = Object.entries(collected).flatMap(([plugin, { measurement = [] }]) =>
    measurement.map((name) => (name.startsWith(`${plugin}_`) ? name : `${plugin}_${name}`)),
  );
  return { namespace, metrics: 'statsd' in collected ? [...metrics, ...statsdMetrics()] : metrics };
}

function statsdMetrics(): readonly string[] {
  const source = readFileSync(
    new URL('../../../deploy/src/agent/certificate/renew-certificate.ts', import.meta.url),
    'utf8',
  );
  return [...source.matchAll(/`(\w+):[^`]*\|g\|/g)].map(([, name = '']) => name);
}
