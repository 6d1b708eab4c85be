import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  type AutoScalingClient,
  type AutoScalingGroup as GroupDescription,
  type Instance,
} from '@aws-sdk/client-auto-scaling';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import { RECENT_LIST_MS } from '../recent-list.ts';
import type { Departure } from '../rollout/departure.ts';
import {
  suspendGroup,
  suspensionOf,
  type GroupSuspension,
  type HealthCheckSuspension,
} from './health-check-suspension.ts';

/** Options of {@link AutoScalingGroup}. */
export interface AutoScalingGroupOptions {
  /** Client of EC2 Auto Scaling, with region and credentials. */
  readonly client: AutoScalingClient;
  /** Name of the group. */
  readonly name: string;
}

/** State of an Auto Scaling group. */
export interface GroupState {
  /** IDs of the instances that serve: in the state `InService`, and healthy. Sorted. */
  readonly inService: readonly string[];
  /** IDs of instances whose first boot isn't finished: in the states `Pending`, `Pending:Wait` and `Pending:Proceed`. */
  readonly starting: readonly string[];
  /** The other instances by their states, such as `Standby`, `Terminating:Wait`, or `InService, Unhealthy`. */
  readonly others: ReadonlyMap<string, string>;
  /** Processes that are suspended, such as `Launch`. */
  readonly suspendedProcesses: readonly string[];
  /** Those of them that `suspendHealthChecks` has suspended; `undefined` if there are none. */
  readonly suspension: GroupSuspension | undefined;
  /** ARNs of the target groups that the group registers its instances with. */
  readonly targetGroupArns: readonly string[];
  /** Instances that have booted before wait in a warm pool. */
  readonly hasWarmPool: boolean;
}

/** States of an instance refresh that has ended. */
const ENDED = new Set([
  'Successful',
  'Failed',
  'Cancelled',
  'RollbackFailed',
  'RollbackSuccessful',
]);
/** Pause between two listings: an instance is unhealthy for longer before its group ends it. */
const WATCH_PAUSE_MS = 3_000;

/**
 * Auto Scaling group whose instances are the hosts of an environment. Needs `autoscaling:DescribeAutoScalingGroups` and
 * `autoscaling:DescribeInstanceRefreshes`; changes need the permissions of `suspendHealthChecks`.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
 * import { AutoScalingGroup } from '@fairlead/deploy/auto-scaling';
 *
 * const client = new AutoScalingClient({
 *   region: 'eu-central-1',
 *   endpoint: 'http://127.0.0.1:1',
 *   credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
 *   maxAttempts: 1,
 * });
 * const group = new AutoScalingGroup({ client, name: 'shop' });
 * console.log(await group.read().catch((error) => error.code)); // ERR_DEPLOY_GROUP
 * ```
 */
export class AutoScalingGroup {
  readonly name: string;
  readonly #client: AutoScalingClient;
  /** Instances that were healthy when they were listed last. */
  readonly #healthy = new Map<string, boolean>();
  #recent: { readonly at: number; readonly instances: Promise<readonly Instance[]> } | undefined;

  constructor(options: AutoScalingGroupOptions) {
    checkOptions('AutoScalingGroup', options, { client: 'required', name: 'required' });
    const { client, name } = options;
    if (typeof client.send !== 'function') {
      throw invalidOption(
        'Option client: expected a client of the AWS SDK for JavaScript, version 3.',
      );
    }
    checkText('name', 'the name of an Auto Scaling group', name);
    this.#client = client;
    this.name = name;
  }

  /**
   * Reads the instances and the settings of the group.
   *
   * @throws DeployError `ERR_DEPLOY_GROUP_NOT_FOUND`, `ERR_DEPLOY_GROUP` when AWS can't be reached or refuses the request
   */
  async read(): Promise<GroupState> {
    const group = await this.#describe();
    const instances = this.#note(group.Instances ?? []);
    // An instance of this listing isn't looked up in an older one.
    this.#recent = { at: performance.now(), instances: Promise.resolve(instances) };
    const inState = (test: (instance: Instance) => boolean): string[] =>
      instances.filter(test).map(idOf).toSorted();
    const others = instances.filter((each) => !isServing(each) && !isStarting(each));
    return {
      inService: inState(isServing),
      starting: inState(isStarting),
      others: new Map(others.map((each) => [idOf(each), describeState(each)])),
      suspendedProcesses: (group.SuspendedProcesses ?? [])
        .flatMap(({ ProcessName }) => ProcessName ?? [])
        .toSorted(),
      suspension: suspensionOf(group),
      targetGroupArns: group.TargetGroupARNs ?? [],
      hasWarmPool: group.WarmPoolConfiguration !== undefined,
    };
  }

  /**
   * Requires that no instance refresh replaces the instances.
   *
   * @throws DeployError `ERR_DEPLOY_GROUP_REFRESHING`, `ERR_DEPLOY_GROUP`
   */
  async requireNoRefresh(): Promise<void> {
    let token: string | undefined;
    do {
      const { InstanceRefreshes = [], NextToken } = await this.#call(
        'autoscaling:DescribeInstanceRefreshes',
        this.#client.send(
          new DescribeInstanceRefreshesCommand({
            AutoScalingGroupName: this.name,
            ...(token !== undefined && { NextToken: token }),
          }),
        ),
      );
      for (const {
        Status = '',
        InstanceRefreshId = '',
        PercentageComplete = 0,
      } of InstanceRefreshes) {
        if (ENDED.has(Status)) continue;
        throw new DeployError(
          'ERR_DEPLOY_GROUP_REFRESHING',
          `The instance refresh ${InstanceRefreshId} of the Auto Scaling group ${this.name} is ${Status} (${PercentageComplete} %): it replaces the instances, and a deployment would change those that it ends. Wait for it, or cancel it: aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${this.name}`,
        );
      }
      token = NextToken;
    } while (token !== undefined);
  }

  /**
   * Suspends the health checks of the group, because a host that restarts its services may fail those of the load balancer, and be replaced
   * during its update; returns `undefined` if the group has only the checks of EC2, or if they were suspended by someone else. Each change
   * has a tag of the group with the processes to resume, renewed every 30 s: the last one of several resumes them, and the next one takes
   * over those of a change that was killed. Needs `autoscaling:SuspendProcesses`, `ResumeProcesses`, `CreateOrUpdateTags` and `DeleteTags` on
   * the group, for tags whose keys begin with `fairlead:suspended`.
   *
   * @throws DeployError `ERR_DEPLOY_GROUP_NOT_FOUND`, `ERR_DEPLOY_GROUP`
   */
  suspendHealthChecks(): Promise<HealthCheckSuspension | undefined> {
    return suspendGroup({
      ...{ client: this.#client, name: this.name, describe: () => this.#describe() },
      call: (action, sending) => this.#call(action, sending),
    });
  }

  /**
   * Returns whether an instance has left the group, or is about to leave: `unhealthy` if the group replaces it for its health, `ended`
   * for another reason, such as a scale-in; `undefined` while it is a member. An instance that was put on standby has left.
   *
   * @throws DeployError `ERR_DEPLOY_GROUP_NOT_FOUND`, `ERR_DEPLOY_GROUP`
   */
  async departureOf(id: string): Promise<Departure | undefined> {
    const now = performance.now();
    if (this.#recent === undefined || now - this.#recent.at > RECENT_LIST_MS) {
      const instances = this.#describe().then((group) => this.#note(group.Instances ?? []));
      this.#recent = { at: now, instances };
    }
    const found = (await this.#recent.instances).find((each) => idOf(each) === id);
    if (found !== undefined && (isServing(found) || isStarting(found))) return undefined;
    return this.#healthy.get(id) === false ? 'unhealthy' : 'ended';
  }

  /**
   * Lists the instances again and again, so that `departureOf` knows the health of one that leaves between two of its calls. A listing
   * that fails is left out.
   *
   * @param pauseMs pause between two listings, in milliseconds. @defaultValue `3_000`
   */
  watch(pauseMs = WATCH_PAUSE_MS): Disposable {
    const timer = setInterval(() => {
      void this.#describe()
        .then((group) => {
          const instances = this.#note(group.Instances ?? []);
          this.#recent = { at: performance.now(), instances: Promise.resolve(instances) };
        })
        .catch(() => undefined);
    }, pauseMs);
    timer.unref();
    return {
      [Symbol.dispose]() {
        clearInterval(timer);
      },
    };
  }

  #note(instances: readonly Instance[]): readonly Instance[] {
    for (const each of instances) this.#healthy.set(idOf(each), isHealthy(each));
    return instances;
  }

  async #describe(): Promise<GroupDescription> {
    let token: string | undefined;
    do {
      const { AutoScalingGroups = [], NextToken } = await this.#call(
        'autoscaling:DescribeAutoScalingGroups',
        this.#client.send(
          new DescribeAutoScalingGroupsCommand({
            AutoScalingGroupNames: [this.name],
            ...(token !== undefined && { NextToken: token }),
          }),
        ),
      );
      const found = AutoScalingGroups.find((each) => each.AutoScalingGroupName === this.name);
      if (found !== undefined) return found;
      token = NextToken;
    } while (token !== undefined);
    throw new DeployError(
      'ERR_DEPLOY_GROUP_NOT_FOUND',
      `There is no Auto Scaling group ${JSON.stringify(this.name)} in ${await this.#client.config.region()} in the account of these credentials: check the name, the region and the account.`,
    );
  }

  async #call<T>(action: string, sending: Promise<T>): Promise<T> {
    try {
      return await sending;
    } catch (cause) {
      const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
      const isDenied = /AccessDenied|UnauthorizedOperation|NotAuthorized/.test(name);
      const isRead = action.startsWith('autoscaling:Describe');
      const where = isRead ? '"*": no policy can name its resource' : 'the group';
      const fix = isDenied
        ? `Allow ${action} on ${where}.`
        : 'Check the credentials, the region and the network.';
      throw new DeployError(
        'ERR_DEPLOY_GROUP',
        `The Auto Scaling group ${this.name} can't be ${isRead ? 'read' : 'changed'}: ${name}: ${message.replace(/\.$/, '')}. ${fix}`,
        { cause },
      );
    }
  }
}

function idOf({ InstanceId = '' }: Instance): string {
  return InstanceId;
}

function isHealthy({ HealthStatus }: Instance): boolean {
  return HealthStatus?.toLowerCase() !== 'unhealthy';
}

function isServing(instance: Instance): boolean {
  return instance.LifecycleState === 'InService' && isHealthy(instance);
}

function isStarting({ LifecycleState }: Instance): boolean {
  return /^Pending(?::|$)/.test(LifecycleState ?? '');
}

function describeState(instance: Instance): string {
  const { LifecycleState = 'unknown' } = instance;
  return isHealthy(instance) ? LifecycleState : `${LifecycleState}, Unhealthy`;
}
