import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Instance of a {@link GroupOfTest}. */
export interface InstanceOfTest {
  readonly id: string;
  /** @defaultValue `'InService'` */
  readonly state?: string;
  /** @defaultValue `'Healthy'` */
  readonly health?: 'Healthy' | 'Unhealthy';
}

/** Auto Scaling group of a test, which changes it while the server runs. */
export interface GroupOfTest {
  name: string;
  instances: readonly InstanceOfTest[];
  targetGroupArns: readonly string[];
  suspendedProcesses: readonly string[];
  /** Status of an instance refresh, such as `'InProgress'`; `undefined` if there was none. */
  refresh: string | undefined;
  hasWarmPool: boolean;
  /** @defaultValue `'ELB'` */
  healthCheckType: string;
  /** Values of its tags, by their keys. */
  tags: Readonly<Record<string, string>>;
  /** Action that is refused, such as `'DescribeInstanceRefreshes'`. */
  denied: string | undefined;
}

/** A server of the protocol of EC2 Auto Scaling with one group. */
export interface AutoScalingServer {
  readonly port: number;
  /** Its URL on this machine. */
  readonly endpoint: string;
  readonly group: GroupOfTest;
  close(): Promise<void>;
}

/**
 * Starts a server of EC2 Auto Scaling's protocol on a free port of the loopback interface, for what moto lacks: instance refreshes, states
 * of instances, and answers of several pages. The group is on the second page, after another one.
 */
export async function startAutoScaling(
  input: Pick<GroupOfTest, 'name' | 'instances'> & Partial<GroupOfTest>,
): Promise<AutoScalingServer> {
  const group: GroupOfTest = {
    targetGroupArns: [],
    suspendedProcesses: [],
    refresh: undefined,
    hasWarmPool: false,
    healthCheckType: 'ELB',
    tags: {},
    denied: undefined,
    ...input,
  };
  const answer = (parameters: URLSearchParams): [number, string] => {
    const action = parameters.get('Action') ?? '';
    if (action === group.denied) return [403, errorOf('AccessDenied', `not authorized: ${action}`)];
    const isChange = change(group, action, parameters);
    const isSecond = parameters.get('NextToken') === 'second';
    const members =
      action === 'DescribeInstanceRefreshes' ? [refreshOf(group)] : [describe(group, parameters)];
    const list = action === 'DescribeInstanceRefreshes' ? 'InstanceRefreshes' : 'AutoScalingGroups';
    const content = `<${list}>${isSecond ? members.join('') : ''}</${list}>`;
    const next = isSecond ? '' : '<NextToken>second</NextToken>';
    return [
      200,
      `<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${action}Result>${isChange ? '' : content + next}</${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`,
    ];
  };
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const [status, content] = answer(new URLSearchParams(body));
      res.writeHead(status, { 'content-type': 'text/xml' }).end(content);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, endpoint: `http://127.0.0.1:${port}`, group },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function errorOf(code: string, message: string): string {
  return `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

/** Changes processes and tags of the group; returns whether the action is such a change. */
function change(group: GroupOfTest, action: string, parameters: URLSearchParams): boolean {
  const named = [1, 2].flatMap((n) => parameters.get(`ScalingProcesses.member.${n}`) ?? []);
  const keys = [1, 2, 3].flatMap((n) => parameters.get(`Tags.member.${n}.Key`) ?? []);
  const [key = ''] = keys;
  const others = Object.entries(group.tags).filter(([each]) => !keys.includes(each));
  const running = group.suspendedProcesses.filter((each) => !named.includes(each));
  if (action === 'SuspendProcesses') group.suspendedProcesses = [...running, ...named];
  else if (action === 'ResumeProcesses') group.suspendedProcesses = running;
  else if (action === 'DeleteTags') group.tags = Object.fromEntries(others);
  else if (action === 'CreateOrUpdateTags') {
    group.tags = { ...group.tags, [key]: parameters.get('Tags.member.1.Value') ?? '' };
  } else return false;
  return true;
}

function refreshOf({ name, refresh }: GroupOfTest): string {
  if (refresh === undefined) return '';
  return member(
    `<InstanceRefreshId>refresh-1</InstanceRefreshId><AutoScalingGroupName>${name}</AutoScalingGroupName><Status>${refresh}</Status><PercentageComplete>40</PercentageComplete>`,
  );
}

function describe(group: GroupOfTest, parameters: URLSearchParams): string {
  const { name, instances, suspendedProcesses, targetGroupArns, hasWarmPool } = group;
  const { healthCheckType, tags } = group;
  if (parameters.get('AutoScalingGroupNames.member.1') !== name) return '';
  const list = (tag: string, members: readonly string[]): string =>
    `<${tag}>${members.map(member).join('')}</${tag}>`;
  return member(
    [
      `<AutoScalingGroupName>${name}</AutoScalingGroupName>`,
      list(
        'Instances',
        instances.map(
          ({ id, state = 'InService', health = 'Healthy' }) =>
            `<InstanceId>${id}</InstanceId><LifecycleState>${state}</LifecycleState><HealthStatus>${health}</HealthStatus>`,
        ),
      ),
      list(
        'SuspendedProcesses',
        suspendedProcesses.map((process) => `<ProcessName>${process}</ProcessName>`),
      ),
      list('TargetGroupARNs', targetGroupArns),
      `<HealthCheckType>${healthCheckType}</HealthCheckType>`,
      list(
        'Tags',
        Object.entries(tags).map(([key, value]) => `<Key>${key}</Key><Value>${value}</Value>`),
      ),
      hasWarmPool ? '<WarmPoolConfiguration><MinSize>0</MinSize></WarmPoolConfiguration>' : '',
    ].join(''),
  );
}

function member(content: string): string {
  return `<member>${content}</member>`;
}
