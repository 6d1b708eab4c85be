import type { Deployment } from '@fairlead/deploy-config';
import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  CfnAlarm,
  CfnDashboard,
  CompositeAlarm,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import { invalidOption } from '../check-options.ts';
import { argued, NO_RESOURCES } from '../nag/acknowledge.ts';
import { alarmDefinitions, type WatchedResources } from './alarm-definitions.ts';
import type { WatchedBalancer } from './balancer-alarms.ts';
import { dashboardBody } from './dashboard-body.ts';
import { logGroupArn, logKeyStatement } from './log-key-statement.ts';
import { NoticeTopic } from './notice-topic.ts';
import { publishedByTasks, publishedMetrics, type PublishedMetrics } from './published-metrics.ts';
import type { WatchedTasks } from './task-alarms.ts';
import { retentionOf } from '../retention-days.ts';
import { resolveWatching, type WatchingOptions } from './watching-options.ts';
import type { JobQueues } from '../queue/job-queues.ts';

/** Properties of {@link Watching}. */
export interface WatchingProps {
  /** Deployment that says what hosts or tasks publish. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Name of the Auto Scaling group of the hosts; either this or `tasks`. Example: `hosts.group.autoScalingGroupName`. @defaultValue none */
  readonly autoScalingGroup?: string;
  /** Service of ECS whose tasks run the programs. Example: `{ cluster: 'shop', service: 'gateway', containers: ['gateway', 'nginx'] }`. @defaultValue none */
  readonly tasks?: WatchedTasks;
  /** Load balancer in front of hosts or tasks. Example: `{ loadBalancer: 'app/shop/50dc6c495c0c9188', targetGroup: 'targetgroup/shop/73e2d6bc24d8a067' }`. @defaultValue none */
  readonly balancer?: WatchedBalancer;
  /** Queues of jobs. Example: `new JobQueues(this, 'Queue', { deployment })`. @defaultValue none */
  readonly queues?: JobQueues;
  /** Options of `ModelService`. Example: `{ emails: ['on-call@example.com'] }`. @defaultValue the defaults of each option */
  readonly options?: WatchingOptions;
}

/**
 * Log groups, alarms and dashboard of a model server, from what the deployment makes its hosts or tasks publish. Alarms go to an encrypted topic; one composite
 * alarm, of failures, latency and unhealthy hosts, stops a rollout.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Watching } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: {
 *     command: ['/opt/fairlead/current/bin/node', 'main.js'],
 *     service: { user: 'fairlead' },
 *     environment: { FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Shop' },
 *   },
 *   cloudWatch: {},
 * });
 * const stack = new Stack(new App(), 'Shop');
 * const watching = new Watching(stack, 'Watching', { deployment, autoScalingGroup: 'shop' });
 * console.log([...watching.alarms.keys()]); // [ 'memory', 'disk', 'heartbeat' ]
 * ```
 */
export class Watching extends Construct {
  /** Receiver of alarms and notices. */
  readonly topic: Topic;
  /** Key of the topic and the log groups. */
  readonly key: Key;
  /** Log groups by name. */
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  /** Alarms by the end of their names. */
  readonly alarms: ReadonlyMap<string, CfnAlarm>;
  /** Alarm that stops a rollout, for instance refresh. */
  readonly rolloutAlarm: CompositeAlarm;
  /** Names of the alarms that it is made of, for a deployment of ECS, which takes alarms of metrics; without the one of running tasks. */
  readonly deploymentAlarmNames: readonly string[];
  readonly dashboard: CfnDashboard;
  /** Permissions of the programs. */
  readonly statements: PolicyStatement[];

  constructor(scope: Construct, id: string, props: WatchingProps) {
    super(scope, id);
    const { deployment, autoScalingGroup, tasks, balancer, queues } = props;
    const options = resolveWatching(props.options ?? {}, deployment);
    checkPrograms(props);
    const published =
      tasks === undefined
        ? publishedMetrics(deployment)
        : publishedByTasks(deployment, tasks.containers);
    const notices = new NoticeTopic(this, 'Notices', { deployment, emails: options.emails });
    this.topic = notices.topic;
    this.key = notices.key;
    this.logGroups = this.#logGroups(published, notices);
    const resources: WatchedResources = {
      ...{ autoScalingGroup, tasks, balancer },
      queues: [...(queues?.queues.keys() ?? [])].map((name) => ({
        name,
        deadLetters: queues?.deadLetterQueues.get(name)?.queueName ?? '',
      })),
    };
    const definitions = alarmDefinitions(deployment, published, resources, options);
    const actions = [this.topic.topicArn];
    this.alarms = new Map(
      definitions.map(({ id: name, props: definition }) => [
        name,
        new CfnAlarm(this, `Alarm-${name}`, {
          ...definition,
          alarmName: `${options.prefix}-${name}`,
          ...{ alarmActions: actions, okActions: actions },
        }),
      ]),
    );
    const stopping = definitions.filter(({ stopsRollout }) => stopsRollout);
    this.rolloutAlarm = this.#rolloutAlarm(
      `${options.prefix}-rollout`,
      stopping.map(({ id: name }) => name),
    );
    this.deploymentAlarmNames = stopping
      .filter(({ followsTasks }) => !followsTasks)
      .map(({ id: name }) => this.alarms.get(name)?.ref ?? '');
    this.dashboard = new CfnDashboard(this, 'Dashboard', {
      dashboardName: options.prefix,
      dashboardBody: Stack.of(this).toJsonString(dashboardBody(published, resources, Aws.REGION)),
    });
    this.statements = [
      metricStatement(published),
      ...(tasks === undefined ? this.#agentStatements(published) : []),
      ...notices.statements,
    ];
  }

  #logGroups({ logGroups }: PublishedMetrics, { key }: NoticeTopic): Map<string, LogGroup> {
    key.addToResourcePolicy(logKeyStatement(logGroups.map(({ name }) => name)));
    return new Map(
      logGroups.map(({ name, retentionDays }) => [
        name,
        new LogGroup(this, `Logs-${name}`, {
          logGroupName: name,
          encryptionKey: key,
          retention: retentionOf('cloudWatch.retentionDays of the deployment', retentionDays),
          removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        }),
      ]),
    );
  }

  #rolloutAlarm(compositeAlarmName: string, names: readonly string[]): CompositeAlarm {
    const rules = names.map((name) => {
      const { attrArn = '' } = this.alarms.get(name) ?? {};
      const alarm = Alarm.fromAlarmArn(this, `Rule-${name}`, attrArn);
      return AlarmRule.fromAlarm(alarm, AlarmState.ALARM);
    });
    const alarm = new CompositeAlarm(this, 'Rollout', {
      compositeAlarmName,
      alarmDescription: `A rollout stops and returns to the release before: ${names.join(', ')}.`,
      alarmRule: AlarmRule.anyOf(...rules),
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }

  #agentStatements({ logGroups }: PublishedMetrics): PolicyStatement[] {
    const arns = logGroups.map(({ name }) => logGroupArn(name));
    return [
      // The agent reads the name of the Auto Scaling group from the tags of its instance.
      argued(
        NO_RESOURCES,
        new PolicyStatement({ actions: ['ec2:DescribeTags'], resources: ['*'] }),
      ),
      argued(
        'The ARN of a log group ends with it in requests to CloudWatch Logs.',
        new PolicyStatement({
          actions: ['logs:DescribeLogStreams', 'logs:PutRetentionPolicy'],
          resources: arns.map((arn) => `${arn}:*`),
        }),
      ),
      argued(
        'The agent names its log stream after the instance, which starts after the role exists.',
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: arns.map((arn) => `${arn}:log-stream:*`),
        }),
      ),
    ];
  }
}

function metricStatement({ namespace, hostNamespace }: PublishedMetrics): PolicyStatement {
  const namespaces = [namespace, ...(hostNamespace === undefined ? [] : [hostNamespace])];
  return argued(
    `${NO_RESOURCES} The condition limits its namespace.`,
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': [...new Set(namespaces)] } },
    }),
  );
}

function checkPrograms({ autoScalingGroup, tasks }: WatchingProps): void {
  if ((autoScalingGroup === undefined) !== (tasks === undefined)) return;
  throw invalidOption(
    'Watching needs either autoScalingGroup, the name of the group of the hosts, or tasks, the service of ECS.',
  );
}
