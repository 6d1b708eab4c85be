import { renderHost, type Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';
import { taskLogGroups } from './task-log-groups.ts';

/** Log group that the CloudWatch agent of a host, or a container, writes to. */
interface ProgramLogGroup {
  readonly name: string;
  readonly retentionDays: number;
}

/** Metrics and logs that hosts or tasks publish to CloudWatch. */
export interface PublishedMetrics {
  /** Namespace of the agent of hosts; `undefined` for tasks, which have none. */
  readonly hostNamespace: string | undefined;
  readonly logGroups: readonly ProgramLogGroup[];
  /** Namespace of the gateway. */
  readonly namespace: string;
  /** `true` if the agent measures the certificate of Nginx. */
  readonly hasCertificate: boolean;
}

interface AgentLog {
  readonly log_group_name: string;
  readonly retention_in_days: number;
}

interface AgentConfiguration {
  readonly metrics: {
    readonly namespace: string;
    readonly metrics_collected: { readonly statsd?: object };
  };
  readonly logs: {
    readonly logs_collected: {
      readonly journald: { readonly collect_list: readonly AgentLog[] };
      readonly files: { readonly collect_list: readonly AgentLog[] };
    };
  };
}

/**
 * Reads from the rendered files of a host what its CloudWatch agent publishes, and from the gateway's environment where the gateway does.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when one of them publishes nothing.
 */
export function publishedMetrics(deployment: Deployment): PublishedMetrics {
  const namespace = gatewayNamespace(deployment);
  const file = renderHost(deployment).find(({ path }) =>
    path.includes('/amazon-cloudwatch-agent/'),
  );
  if (file === undefined) {
    throw invalidOption(
      'Option watching needs the CloudWatch agent: set cloudWatch in the deployment, such as { retentionDays: 30 }.',
    );
  }
  const { metrics, logs } = JSON.parse(file.content) as AgentConfiguration;
  const { journald, files } = logs.logs_collected;
  return {
    namespace,
    hostNamespace: metrics.namespace,
    hasCertificate: metrics.metrics_collected.statsd !== undefined,
    logGroups: [...journald.collect_list, ...files.collect_list].map((each) => ({
      name: each.log_group_name,
      retentionDays: each.retention_in_days,
    })),
  };
}

/**
 * Returns what tasks publish: metrics of the gateway, and the output of each container.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when the gateway publishes nothing.
 */
export function publishedByTasks(
  deployment: Deployment,
  containers: readonly string[],
): PublishedMetrics {
  return {
    namespace: gatewayNamespace(deployment),
    ...{ hostNamespace: undefined, hasCertificate: false },
    logGroups: taskLogGroups(deployment, containers),
  };
}

function gatewayNamespace({ gateway }: Deployment): string {
  const { FAIRLEAD_CLOUDWATCH_NAMESPACE: namespace = '' } = gateway.environment;
  if (namespace !== '') return namespace;
  throw invalidOption(
    'Option watching needs metrics of the gateway: set FAIRLEAD_CLOUDWATCH_NAMESPACE in gateway.environment of the deployment, such as "Shop".',
  );
}
