import { randomUUID } from 'node:crypto';

import {
  CreateOrUpdateTagsCommand,
  DeleteTagsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
  type AutoScalingClient,
  type AutoScalingGroup as GroupDescription,
} from '@aws-sdk/client-auto-scaling';

/** Health checks of an Auto Scaling group that are suspended for the time of a change. */
export interface HealthCheckSuspension {
  /** True if an earlier change ended without resuming them. */
  readonly isTakenOver: boolean;
  /**
   * Resumes the processes that ran before the change; does nothing once another change has taken them over.
   *
   * @throws DeployError `ERR_DEPLOY_GROUP`
   */
  resume(): Promise<void>;
}

/** Requests to one group. */
export interface GroupRequests {
  readonly client: AutoScalingClient;
  readonly name: string;
  readonly describe: () => Promise<GroupDescription>;
  readonly call: <T>(action: string, sending: Promise<T>) => Promise<T>;
}

/** Tag of a group whose health checks are suspended: an ID of the change, and the processes to resume. */
const TAG = 'fairlead:suspended';
/**
 * `HealthCheck` marks instances as unhealthy, and such a mark stays; `ReplaceUnhealthy` ends those that are marked.
 *
 * Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
 */
const PROCESSES = ['HealthCheck', 'ReplaceUnhealthy'];

/** Suspends the health checks of a group; returns `undefined` if no check can fail by a change of the release, or if they are suspended. */
export async function suspendGroup(
  requests: GroupRequests,
): Promise<HealthCheckSuspension | undefined> {
  const { client, name, describe, call } = requests;
  const group = await describe();
  // Without the load balancer's checks, a restart of services makes no instance unhealthy.
  if ((group.HealthCheckType ?? 'EC2') === 'EC2') return undefined;
  const [, ...left] = markOf(group)?.split(' ') ?? [];
  const suspended = new Set(group.SuspendedProcesses?.map(({ ProcessName }) => ProcessName));
  const processes = PROCESSES.filter((each) => left.includes(each) || !suspended.has(each));
  if (processes.length === 0) return undefined;
  const mark = [randomUUID(), ...processes].join(' ');
  const tag = { ResourceId: name, ResourceType: 'auto-scaling-group', Key: TAG };
  const target = { AutoScalingGroupName: name, ScalingProcesses: processes };
  const resume = async (): Promise<void> => {
    if (markOf(await describe()) !== mark) return;
    await call('autoscaling:ResumeProcesses', client.send(new ResumeProcessesCommand(target)));
    await call('autoscaling:DeleteTags', client.send(new DeleteTagsCommand({ Tags: [tag] })));
  };
  // The tag comes first: a process that is killed now leaves what to resume.
  const tags = [{ ...tag, Value: mark, PropagateAtLaunch: false }];
  await call(
    'autoscaling:CreateOrUpdateTags',
    client.send(new CreateOrUpdateTagsCommand({ Tags: tags })),
  );
  try {
    await call('autoscaling:SuspendProcesses', client.send(new SuspendProcessesCommand(target)));
  } catch (error) {
    // The failure before is the one to report.
    await resume().catch(() => undefined);
    throw error;
  }
  return { isTakenOver: left.length > 0, resume };
}

function markOf({ Tags = [] }: GroupDescription): string | undefined {
  return Tags.find(({ Key }) => Key === TAG)?.Value;
}
