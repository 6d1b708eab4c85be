import { randomUUID } from 'node:crypto';

import {
  CreateOrUpdateTagsCommand,
  DeleteTagsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
  type AutoScalingClient,
  type AutoScalingGroup as GroupDescription,
} from '@aws-sdk/client-auto-scaling';

import { EXPIRY_SECONDS } from '../rollout/host-lock.ts';
import { markKey, marksOf, markValue, type SuspensionMark } from './suspension-marks.ts';

/** Health checks of an Auto Scaling group that are suspended for the time of a change. */
export interface HealthCheckSuspension {
  /** Processes that are resumed at the end. */
  readonly processes: readonly string[];
  /** True if an earlier change ended without resuming them. */
  readonly isTakenOver: boolean;
  /**
   * Ends the suspension. The processes that ran before the change are resumed, unless another change needs them suspended: the last one
   * resumes them.
   *
   * @returns `left` if another change resumes them
   * @throws DeployError `ERR_DEPLOY_GROUP`
   */
  resume(): Promise<'resumed' | 'left'>;
}

/** Requests to one group. */
export interface GroupRequests {
  readonly client: AutoScalingClient;
  readonly name: string;
  readonly describe: () => Promise<GroupDescription>;
  readonly call: <T>(action: string, sending: Promise<T>) => Promise<T>;
}

/** Suspension of a group that a change has, or a change that was killed. */
export interface GroupSuspension {
  /** Processes that the change has suspended. */
  readonly processes: readonly string[];
  /** True if no change that works has suspended them. */
  readonly isLeftBehind: boolean;
}

/**
 * `HealthCheck` marks instances as unhealthy, and such a mark stays; `ReplaceUnhealthy` ends those that are marked.
 *
 * Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
 */
const PROCESSES = ['HealthCheck', 'ReplaceUnhealthy'];

/** Returns the suspension of a group by marks of changes; `undefined` if there is none. */
export function suspensionOf(group: GroupDescription): GroupSuspension | undefined {
  const marks = marksOf(group);
  const suspended = suspendedIn(group);
  const processes = processesOf(marks).filter((each) => suspended.has(each));
  if (processes.length === 0) return undefined;
  return { processes, isLeftBehind: !marks.some(({ isLive }) => isLive) };
}

/** Suspends the health checks of a group; returns `undefined` if no check can fail by a change of the release, or if they are suspended. */
export async function suspendGroup(
  requests: GroupRequests,
): Promise<HealthCheckSuspension | undefined> {
  const group = await requests.describe();
  const marks = marksOf(group);
  // Without the load balancer's checks, a restart of services makes no instance unhealthy. Marks are of the checks that the group had before.
  if ((group.HealthCheckType ?? 'EC2') === 'EC2' && marks.length === 0) return undefined;
  const left = processesOf(marks);
  const suspended = suspendedIn(group);
  const processes = PROCESSES.filter((each) => left.includes(each) || !suspended.has(each));
  if (processes.length === 0) return undefined;
  const isTakenOver = suspensionOf(group)?.isLeftBehind === true;
  const suspension = new MarkedSuspension(requests, processes);
  await suspension.begin(marks.filter(({ isLive }) => !isLive));
  return { processes, isTakenOver, resume: () => suspension.resume() };
}

/** Suspension with a mark of its change, which is renewed until its end. */
class MarkedSuspension {
  readonly #requests: GroupRequests;
  readonly #processes: readonly string[];
  readonly #key = markKey(randomUUID());
  #timer: NodeJS.Timeout | undefined;
  #renewal: Promise<void> = Promise.resolve();

  constructor(requests: GroupRequests, processes: readonly string[]) {
    this.#requests = requests;
    this.#processes = processes;
  }

  /** Suspends the processes, and replaces the marks that changes before have left behind. */
  async begin(leftBehind: readonly SuspensionMark[]): Promise<void> {
    // The mark comes first: a process that is killed now leaves what to resume.
    await this.#mark();
    try {
      await this.#suspend();
      await this.#removeMarks(leftBehind.map(({ key }) => key));
    } catch (error) {
      // The failure before is the one to report.
      await this.resume().catch(() => undefined);
      throw error;
    }
    this.#timer = setInterval(
      () => {
        // One that fails is repeated before the mark expires.
        this.#renewal = this.#mark().catch(() => undefined);
      },
      (EXPIRY_SECONDS * 1_000) / 6,
    );
    this.#timer.unref();
  }

  async resume(): Promise<'resumed' | 'left'> {
    clearInterval(this.#timer);
    await this.#renewal;
    // Also without its own mark, which someone may have removed. It is removed last: a process that is killed before leaves it.
    const before = await this.#others();
    if (!before.isShared) await this.#resume();
    await this.#removeMarks([this.#key, ...before.leftBehind]);
    // Another change may have begun, or ended, between the requests.
    const after = await this.#others();
    if (after.isShared && !before.isShared) await this.#suspend();
    if (!after.isShared && before.isShared) await this.#resume();
    return after.isShared ? 'left' : 'resumed';
  }

  async #others(): Promise<{ readonly isShared: boolean; readonly leftBehind: readonly string[] }> {
    const others = marksOf(await this.#requests.describe()).filter(({ key }) => key !== this.#key);
    return {
      isShared: others.some(({ isLive }) => isLive),
      leftBehind: others.filter(({ isLive }) => !isLive).map(({ key }) => key),
    };
  }

  async #mark(): Promise<void> {
    const { client, call, name } = this.#requests;
    const Value = markValue(this.#processes);
    const Tags = [{ ...tagOf(name, this.#key), Value, PropagateAtLaunch: false }];
    await call(
      'autoscaling:CreateOrUpdateTags',
      client.send(new CreateOrUpdateTagsCommand({ Tags })),
    );
  }

  async #removeMarks(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { client, call, name } = this.#requests;
    const Tags = keys.map((key) => tagOf(name, key));
    await call('autoscaling:DeleteTags', client.send(new DeleteTagsCommand({ Tags })));
  }

  async #suspend(): Promise<void> {
    const { client, call } = this.#requests;
    const command = new SuspendProcessesCommand(this.#target);
    await call('autoscaling:SuspendProcesses', client.send(command));
  }

  async #resume(): Promise<void> {
    const { client, call } = this.#requests;
    const command = new ResumeProcessesCommand(this.#target);
    await call('autoscaling:ResumeProcesses', client.send(command));
  }

  get #target(): { AutoScalingGroupName: string; ScalingProcesses: string[] } {
    return {
      ...{ AutoScalingGroupName: this.#requests.name, ScalingProcesses: [...this.#processes] },
    };
  }
}

function tagOf(name: string, key: string) {
  return { ResourceId: name, ResourceType: 'auto-scaling-group', Key: key };
}

function processesOf(marks: readonly SuspensionMark[]): readonly string[] {
  return PROCESSES.filter((each) => marks.some(({ processes }) => processes.includes(each)));
}

function suspendedIn({ SuspendedProcesses = [] }: GroupDescription): ReadonlySet<string> {
  return new Set(SuspendedProcesses.flatMap(({ ProcessName }) => ProcessName ?? []));
}
