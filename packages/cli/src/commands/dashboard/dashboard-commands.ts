import type { CommandGroup } from '../../command-tree.ts';

/** `fairlead dashboard …` */
export const dashboardCommands: CommandGroup = {
  name: 'dashboard',
  description: 'Print dashboards and alarms for Grafana, Prometheus and CloudWatch',
  commands: [
    {
      name: 'grafana',
      description: 'Print a dashboard for Grafana',
      load: async () => (await import('./grafana-command.ts')).defineGrafanaCommand,
    },
    {
      name: 'prometheus',
      description: 'Print alert rules for Prometheus',
      load: async () => (await import('./prometheus-command.ts')).definePrometheusCommand,
    },
    {
      name: 'cloudwatch',
      description: 'Print the body of a dashboard for CloudWatch',
      load: async () => (await import('./cloudwatch-command.ts')).defineCloudWatchCommand,
    },
    {
      name: 'alarms',
      description: 'Print alarms for CloudWatch',
      load: async () => (await import('./alarms-command.ts')).defineAlarmsCommand,
    },
  ],
};
