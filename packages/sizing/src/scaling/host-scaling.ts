/** A change of the number of hosts. */
export interface ScalingAction {
  readonly second: number;
  readonly from: number;
  readonly to: number;
  /** Requests a second of all hosts in the minute before. */
  readonly requestsPerSecond: number;
}

/** Numbers of the policies that add and remove hosts behind a load balancer. */
export interface HostScalingOptions {
  /** Requests a minute for each host, above which hosts are added. */
  readonly requestsPerTarget: number;
  readonly minHosts: number;
  readonly maxHosts: number;
  /** Time until a new host serves and counts, in seconds. */
  readonly warmUpSeconds: number;
}

/**
 * Rule by which hosts are removed, that of the construct `ModelService`: in each of so many minutes, fewer hosts would have had less than a
 * share of the target. Target tracking may leave as few as have the whole target, to which the next small rise adds one again, and AWS
 * doesn't publish how many it removes. The construct also keeps hosts that work more than 80 % of the time, and all of them while one is
 * unhealthy, which no simulation of requests knows.
 *
 * @example
 * ```ts
 * import { scaleInRule } from '@fairlead/sizing';
 *
 * // Of 20 hosts, 2 are removed, and the next ones 5 minutes after that.
 * console.log(Math.floor(20 * scaleInRule.removedShare), scaleInRule.cooldownSeconds / 60); // 2 5
 * ```
 */
export const scaleInRule = {
  /** Minutes in a row. */
  minutes: 15,
  /** Share of the target that the hosts which remain may have had. */
  targetShare: 0.9,
  /** Share of the hosts that is removed at once, rounded down, and one host at least. */
  removedShare: 0.1,
  /** Time between the end of a removal and the next one. */
  cooldownSeconds: 300,
} as const;

/** Time in which the load balancer drains hosts, and they end: the cooldown begins afterwards. */
const REMOVAL_SECONDS = 120;

/** Minutes in a row above the target: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html */
const OUT_MINUTES = 3;

/** Requests of a minute, and the hosts that served at its end. */
interface Minute {
  readonly hosts: number;
  readonly perHost: number;
  readonly requestsPerSecond: number;
}

/**
 * Number of hosts by the policies of `ModelService`: target tracking on `ALBRequestCountPerTarget` adds, {@link scaleInRule} removes.
 *
 * A metric of a minute is complete at its end, and alarms see it a minute later. Hosts are added as many as the last minute needs, those
 * that still start included; hosts are removed only when none starts.
 *
 * @internal
 */
export class HostScaling {
  readonly #options: HostScalingOptions;
  /** Times at which hosts begin to serve. */
  #hosts: readonly number[];
  #minutes: readonly Minute[] = [];
  #pending: Minute | undefined;
  #removedAt = -Infinity;
  readonly actions: ScalingAction[] = [];

  constructor(options: HostScalingOptions, hosts: number) {
    this.#options = options;
    this.#hosts = Array.from({ length: hosts }, () => 0);
  }

  /** Hosts that run, those that don't serve yet included. */
  get running(): number {
    return this.#hosts.length;
  }

  /** Hosts that serve. */
  serving(second: number): number {
    return this.#hosts.filter((from) => from <= second).length;
  }

  /** Ends a minute: its requests become a metric, and the alarms see that of the minute before. */
  endMinute(second: number, requests: number): void {
    const published = this.#pending;
    const hosts = this.serving(second);
    const perHost = requests / Math.max(1, hosts);
    this.#pending = { hosts, perHost, requestsPerSecond: requests / 60 };
    if (published === undefined) return;
    this.#minutes = [...this.#minutes, published].slice(-scaleInRule.minutes);
    const from = this.running;
    const needed = this.#needed(published);
    if (this.#isAboveTarget() && needed > from) {
      const start = second + this.#options.warmUpSeconds;
      this.#hosts = [...this.#hosts, ...Array.from({ length: needed - from }, () => start)];
    } else if (this.#mayRemove(second)) {
      const remaining = Math.max(this.#options.minHosts, from - removedOf(from));
      this.#hosts = this.#hosts.slice(0, remaining);
      this.#removedAt = second + REMOVAL_SECONDS;
    } else return;
    const { requestsPerSecond } = published;
    this.actions.push({ second, from, to: this.running, requestsPerSecond });
  }

  #isAboveTarget(): boolean {
    const last = this.#minutes.slice(-OUT_MINUTES);
    return (
      last.length === OUT_MINUTES &&
      last.every(({ perHost }) => perHost > this.#options.requestsPerTarget)
    );
  }

  #mayRemove(second: number): boolean {
    const { requestsPerTarget, minHosts } = this.#options;
    const { minutes, targetShare, cooldownSeconds } = scaleInRule;
    return (
      this.running > minHosts &&
      this.serving(second) === this.running &&
      second - this.#removedAt >= cooldownSeconds &&
      this.#minutes.length === minutes &&
      this.#minutes.every(
        ({ hosts, perHost }) =>
          perHost * hosts < (hosts - removedOf(hosts)) * targetShare * requestsPerTarget,
      )
    );
  }

  #needed({ requestsPerSecond }: Minute): number {
    const { requestsPerTarget, minHosts, maxHosts } = this.#options;
    const hosts = Math.ceil((requestsPerSecond * 60) / requestsPerTarget);
    return Math.min(maxHosts, Math.max(minHosts, hosts));
  }
}

/** Hosts that are removed at once. */
function removedOf(hosts: number): number {
  return Math.max(1, Math.floor(hosts * scaleInRule.removedShare));
}
