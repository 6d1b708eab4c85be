/** A change of the number of hosts. */
export interface ScalingAction {
  readonly second: number;
  readonly from: number;
  readonly to: number;
  /** Requests a second of all hosts in the minute before. */
  readonly requestsPerSecond: number;
}

/** Target tracking of hosts behind a load balancer. */
export interface TargetTrackingOptions {
  /** Requests a minute for each host that the policy aims at. */
  readonly requestsPerTarget: number;
  readonly minHosts: number;
  readonly maxHosts: number;
  /** Time until a new host serves and counts, in seconds. */
  readonly warmUpSeconds: number;
  /**
   * Minute whose requests decide how many hosts remain when hosts are removed. AWS doesn't publish it, only that hosts are removed more
   * gradually than added: the busiest of the 15 minutes, or, for a pessimistic simulation, the last one.
   * @defaultValue `'busiest-minute'`
   */
  readonly remainBy?: 'busiest-minute' | 'last-minute';
}

/** Requests of a minute. */
interface Minute {
  readonly perTarget: number;
  readonly requestsPerSecond: number;
}

/**
 * Points of one minute that the alarms of a policy look at, and the share of the target below which hosts are removed:
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
 */
const OUT_POINTS = 3;
const IN_POINTS = 15;
const IN_SHARE = 0.9;

/**
 * Target tracking of EC2 Auto Scaling, on `ALBRequestCountPerTarget`.
 *
 * A metric of a minute is complete at its end, and alarms see it a minute later. Hosts are added as many as the last minute needs, those
 * that still start included; hosts are removed only when none starts, and as few as `remainBy` says.
 *
 * @internal
 */
export class TargetTracking {
  readonly #options: TargetTrackingOptions;
  /** Times at which hosts begin to serve. */
  #hosts: readonly number[];
  #points: readonly Minute[] = [];
  #pending: Minute | undefined;
  readonly actions: ScalingAction[] = [];

  constructor(options: TargetTrackingOptions, hosts: number) {
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
    const perTarget = requests / Math.max(1, this.serving(second));
    this.#pending = { perTarget, requestsPerSecond: requests / 60 };
    if (published === undefined) return;
    this.#points = [...this.#points, published].slice(-IN_POINTS);
    this.#evaluate(second, published);
  }

  #evaluate(second: number, { requestsPerSecond }: Minute): void {
    const { requestsPerTarget, remainBy = 'busiest-minute' } = this.#options;
    const lastOut = this.#points.slice(-OUT_POINTS);
    const isOut =
      lastOut.length === OUT_POINTS &&
      lastOut.every(({ perTarget }) => perTarget > requestsPerTarget);
    const isIn =
      this.#points.length === IN_POINTS &&
      this.#points.every(({ perTarget }) => perTarget < requestsPerTarget * IN_SHARE);
    const from = this.running;
    const busiest = Math.max(...this.#points.map((point) => point.requestsPerSecond));
    const added = this.#needed(requestsPerSecond);
    const remaining = remainBy === 'last-minute' ? added : this.#needed(busiest);
    if (isOut && added > from) {
      const start = second + this.#options.warmUpSeconds;
      this.#hosts = [...this.#hosts, ...Array.from({ length: added - from }, () => start)];
    } else if (isIn && remaining < from && this.serving(second) === from) {
      this.#hosts = this.#hosts.slice(0, remaining);
      this.#points = [];
    } else return;
    this.actions.push({ second, from, to: this.running, requestsPerSecond });
  }

  #needed(requestsPerSecond: number): number {
    const { requestsPerTarget, minHosts, maxHosts } = this.#options;
    const hosts = Math.ceil((requestsPerSecond * 60) / requestsPerTarget);
    return Math.min(maxHosts, Math.max(minHosts, hosts));
  }
}
