import type { Deployment } from '../deployment.ts';

/** Host, in CloudWatch's own words; the agent replaces these by what the instance is. */
const dimensions = {
  InstanceId: '${aws:InstanceId}',
  AutoScalingGroupName: '${aws:AutoScalingGroupName}',
};

/**
 * Returns the configuration of the CloudWatch agent: memory, disk and swap, the journal of the services, and the logs of Nginx;
 * `undefined` unless the deployment has `cloudWatch`.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html; the
 * journal needs an agent of 2026 or later.
 */
export function cloudWatchAgent(deployment: Deployment): string | undefined {
  const { name, cloudWatch, layout, nginx, flask, backup } = deployment;
  if (!cloudWatch) return undefined;
  const group = (log: string) => ({
    log_group_name: `${cloudWatch.logGroup}/${log}`,
    log_stream_name: '{instance_id}',
    retention_in_days: cloudWatch.retentionDays,
  });
  const unit = (program: string) => ({ units: [`${name}-${program}.service`], ...group(program) });
  const file = (path: string, log: string) => ({ file_path: path, timezone: 'UTC', ...group(log) });
  const config = {
    agent: { metrics_collection_interval: 60 },
    metrics: {
      namespace: cloudWatch.namespace,
      append_dimensions: dimensions,
      aggregation_dimensions: [['AutoScalingGroupName'], ['InstanceId']],
      metrics_collected: {
        // Days of the certificate.
        ...(nginx.listen.scheme === 'https' && {
          statsd: { service_address: '127.0.0.1:8125', metrics_aggregation_interval: 60 },
        }),
        mem: { measurement: ['mem_used_percent'] },
        swap: { measurement: ['swap_used_percent'] },
        disk: { measurement: ['used_percent', 'inodes_free'], resources: ['/'], drop_device: true },
      },
    },
    logs: {
      logs_collected: {
        journald: {
          collect_list: [
            unit('gateway'),
            ...(flask ? [unit('flask')] : []),
            ...(backup ? [unit('backup')] : []),
            ...(nginx.listen.scheme === 'https' ? [unit('certificate')] : []),
          ],
        },
        files: {
          collect_list: [
            file(layout.nginxErrorLog, 'nginx-error'),
            ...(nginx.accessLog ? [file(layout.nginxAccessLog, 'nginx-access')] : []),
          ],
        },
      },
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
