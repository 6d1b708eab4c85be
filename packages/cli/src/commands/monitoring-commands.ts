import type { CommandGroup } from '../command-tree.ts';

/** `fairlead drift …` */
export const driftCommands: CommandGroup = {
  name: 'drift',
  description: 'Compare what versions receive and answer with their training tables',
  commands: [
    {
      name: 'report',
      description: 'Report which features and outputs of a version have drifted, and how',
      load: async () => (await import('./drift/report-command.ts')).defineDriftReportCommand,
    },
    {
      name: 'watch',
      description: 'Judge finished hours or days, and record drift in the history of the models',
      load: async () => (await import('./drift/watch-command.ts')).defineDriftWatchCommand,
    },
  ],
};

/** `fairlead capture …` */
export const captureCommands: CommandGroup = {
  name: 'capture',
  description: 'Query, export and delete captured requests and labels',
  commands: [
    {
      name: 'query',
      description: 'Query captured requests and labels with SQL',
      load: async () => (await import('./capture/query-command.ts')).defineCaptureQueryCommand,
    },
    {
      name: 'export',
      description: 'Export captured requests and labels to a file',
      load: async () => (await import('./capture/export-command.ts')).defineCaptureExportCommand,
    },
    {
      name: 'ddl',
      description: 'Print the statements that make tables of them in Athena',
      load: async () => (await import('./capture/ddl-command.ts')).defineCaptureDdlCommand,
    },
    {
      name: 'delete',
      description: 'Delete captured requests by id, or by the value of a column',
      load: async () => (await import('./capture/delete-command.ts')).defineCaptureDeleteCommand,
    },
    {
      name: 'prune',
      description: 'Delete captured requests and labels by their age',
      load: async () => (await import('./capture/prune-command.ts')).defineCapturePruneCommand,
    },
  ],
};

/** `fairlead labels …` */
export const labelsCommands: CommandGroup = {
  name: 'labels',
  description: 'Add what was true for captured requests, which is often known later',
  commands: [
    {
      name: 'import',
      description: 'Import labels from a table in CSV or Parquet',
      load: async () => (await import('./labels/import-command.ts')).defineLabelsImportCommand,
    },
  ],
};

/** `fairlead performance …` */
export const performanceCommands: CommandGroup = {
  name: 'performance',
  description: 'Compare predictions with the labels that arrive later',
  commands: [
    {
      name: 'report',
      description: 'Report the performance of a version, measured or estimated, by day and segment',
      load: async () =>
        (await import('./performance/report-command.ts')).definePerformanceReportCommand,
    },
  ],
};

/** `fairlead dashboard …` */
export const dashboardCommands: CommandGroup = {
  name: 'dashboard',
  description: 'Print dashboards and alarms for Grafana, Prometheus and CloudWatch',
  commands: [
    {
      name: 'grafana',
      description: 'Print a dashboard for Grafana',
      load: async () => (await import('./dashboard/grafana-command.ts')).defineGrafanaCommand,
    },
    {
      name: 'prometheus',
      description: 'Print alert rules for Prometheus',
      load: async () => (await import('./dashboard/prometheus-command.ts')).definePrometheusCommand,
    },
    {
      name: 'cloudwatch',
      description: 'Print the body of a dashboard for CloudWatch',
      load: async () => (await import('./dashboard/cloudwatch-command.ts')).defineCloudWatchCommand,
    },
    {
      name: 'alarms',
      description: 'Print alarms for CloudWatch',
      load: async () => (await import('./dashboard/alarms-command.ts')).defineAlarmsCommand,
    },
  ],
};

/** `fairlead notices …` */
export const noticesCommands: CommandGroup = {
  name: 'notices',
  description: 'Test the notices of the gateway',
  commands: [
    {
      name: 'test',
      description: 'Send a test notice to each destination of the settings FAIRLEAD_NOTICE_…',
      load: async () => (await import('./notices/test-command.ts')).defineTestCommand,
    },
  ],
};
