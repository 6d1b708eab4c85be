import { cloudWatchDashboard } from '@fairlead/monitoring/dashboards';

import type { WatchedResources } from './alarm-definitions.ts';
import type { PublishedMetrics } from './published-metrics.ts';
import { taskDimensions, type WatchedTasks } from './task-alarms.ts';

const WIDGET = { width: 8, height: 6 };
const PER_LINE = 3;

/** Returns the body of the dashboard: models and hosts as `@fairlead/monitoring` shows them, then tasks, load balancer and queues. */
export function dashboardBody(
  { namespace, hostNamespace }: PublishedMetrics,
  { tasks, balancer, queues }: WatchedResources,
  region: string,
): object {
  const { widgets } = cloudWatchDashboard({
    ...{ namespace, region },
    ...(hostNamespace !== undefined && { hostNamespace }),
  });
  const elb = (metric: string, stat: string, others: readonly string[]) => [
    ...['AWS/ApplicationELB', metric, 'LoadBalancer', balancer?.loadBalancer ?? '', ...others],
    { stat },
  ];
  const ofTargets = ['TargetGroup', balancer?.targetGroup ?? ''];
  const charts: readonly Chart[] = [
    ...(tasks ? taskCharts(tasks) : []),
    ...(balancer
      ? ([
          ['Requests at the load balancer', 'requests', [elb('RequestCount', 'Sum', [])]],
          [
            'Failed requests at the load balancer',
            'requests',
            [elb('HTTPCode_Target_5XX_Count', 'Sum', []), elb('HTTPCode_ELB_5XX_Count', 'Sum', [])],
          ],
          [
            'Hosts',
            'hosts',
            [
              elb('HealthyHostCount', 'Minimum', ofTargets),
              elb('UnHealthyHostCount', 'Maximum', ofTargets),
            ],
          ],
        ] as const)
      : []),
    ...queues.map(
      ({ name, deadLetters }) =>
        [
          `Messages of ${name}`,
          'messages',
          [name, deadLetters].map((queue) => [
            ...['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', queue],
            { stat: 'Maximum' },
          ]),
        ] as const,
    ),
  ];
  const top = Math.max(0, ...widgets.map(({ y, height }) => y + height));
  return {
    widgets: [
      ...widgets,
      ...charts.map(([title, label, metrics], index) => ({
        type: 'metric',
        x: (index % PER_LINE) * WIDGET.width,
        y: top + Math.floor(index / PER_LINE) * WIDGET.height,
        ...WIDGET,
        properties: {
          ...{ title, region, view: 'timeSeries', period: 60, metrics },
          yAxis: { left: { min: 0, label, showUnits: false } },
        },
      })),
    ],
  };
}

/** Title, label of the axis, and metrics. */
type Chart = readonly [title: string, label: string, metrics: readonly (readonly unknown[])[]];

function taskCharts(tasks: WatchedTasks): readonly Chart[] {
  const dimensions = taskDimensions(tasks).flatMap(({ name, value }) => [name, value]);
  const metric = (namespace: string, name: string, stat: string) => [
    ...[namespace, name, ...dimensions],
    { stat },
  ];
  const count = (name: string) => metric('ECS/ContainerInsights', name, 'Minimum');
  return [
    ['Tasks', 'tasks', [count('RunningTaskCount'), count('DesiredTaskCount')]],
    [
      'Processors and memory of tasks',
      '%',
      [
        metric('AWS/ECS', 'CPUUtilization', 'Average'),
        metric('AWS/ECS', 'MemoryUtilization', 'Maximum'),
      ],
    ],
    [
      'Ephemeral storage of tasks',
      'GB',
      [metric('ECS/ContainerInsights', 'EphemeralStorageUtilized', 'Maximum')],
    ],
  ];
}
