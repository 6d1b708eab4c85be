import type { Balancer } from '../balancers/balancer.ts';
import type { Carrier } from '../carriers/carrier.ts';
import { runCurrentAgent } from '../hosts/current-agent.ts';
import { activatedRelease, readHostStatus } from '../hosts/host-status.ts';
import { agentResult, type AgentResult } from '../hosts/release-agent.ts';
import { hostProblem, isUnreachable } from '../hosts/run-on-host.ts';
import { batchSize } from './batches.ts';
import { departureProblem, type Departure } from './departure.ts';
import { lockFleet, type FleetLock } from './fleet-lock.ts';
import type { FleetOptions } from './roll-out-options.ts';
import type { HostResult, RolloutEvent, RolloutHost } from './rollout.ts';
import { targetOf } from './target-of.ts';

/** Options of {@link HostUpdate}. */
export interface HostUpdateOptions extends RolloutHost {
  readonly balancer: Balancer | undefined;
  /** Returns false when no other host would serve: the balancer goes on sending requests, which wait in the sockets of systemd. */
  readonly drains: () => boolean;
  readonly departure: FleetOptions['departure'];
  readonly onEvent: (event: RolloutEvent) => void;
}

type OnStep = (step: string) => void;

/** Returns the updates of a fleet. */
export function hostUpdates(
  { hosts, balancer, batch = 1, departure, othersServe = false }: FleetOptions,
  onEvent: HostUpdateOptions['onEvent'],
): readonly HostUpdate[] {
  // With all hosts in one batch, requests wait in the sockets of systemd, as they do without a balancer.
  const drains = (): boolean => {
    const members = updates.filter(({ hasLeft }) => !hasLeft).length;
    return othersServe || (batchSize(batch, members) ?? 1) < members;
  };
  const options = { balancer, drains, departure, onEvent };
  const updates: readonly HostUpdate[] = hosts.map(
    (host) => new HostUpdate({ ...host, ...options }),
  );
  return updates;
}

/** Returns the carriers of the hosts that haven't left the fleet. */
export function carriersOf(updates: readonly HostUpdate[]): readonly Carrier[] {
  return updates.flatMap(({ carrier, hasLeft }) => (hasLeft ? [] : [carrier]));
}

/** Takes the locks of all hosts; skips those that have left the fleet. */
export async function lockHosts(
  updates: readonly HostUpdate[],
  owner: string | undefined,
): Promise<FleetLock> {
  const byCarrier = new Map(updates.map((update) => [update.carrier, update]));
  const skips = async (carrier: Carrier): Promise<boolean> =>
    (await byCarrier.get(carrier)?.skipIfLeft()) === true;
  return lockFleet([...byCarrier.keys()], owner, skips);
}

/** One host of a rolling update: what was done there, and how it ended. */
export class HostUpdate {
  readonly #options: HostUpdateOptions;
  #result: HostResult;
  #isDrained = false;
  #servedBefore = false;
  #hasBegun = false;

  constructor(options: HostUpdateOptions) {
    this.#options = options;
    const { host } = options.carrier;
    this.#result = { host, outcome: 'untouched', digest: undefined, sentBytes: 0 };
  }

  get carrier(): HostUpdateOptions['carrier'] {
    return this.#options.carrier;
  }

  get result(): HostResult {
    return this.#result;
  }

  /** True once the host was skipped because it has left the fleet. */
  get hasLeft(): boolean {
    return this.#result.outcome === 'left';
  }

  /** True while the balancer sends the host no requests, because of this update. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** True once the agent began to change the release of this host. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Reports a step of this host. */
  readonly onStep: OnStep = (step) => {
    this.#options.onEvent({ type: 'step', host: this.carrier.host, step });
  };

  /** Records facts of the host, without a report. */
  note(facts: Partial<HostResult>): void {
    this.#result = { ...this.#result, ...facts };
  }

  /** Records the end of the host, and reports it. */
  end(facts: Partial<HostResult>): void {
    this.note(facts);
    this.#options.onEvent({ type: 'host', ...this.#result });
  }

  /** Records a failure. */
  fail(error: unknown): void {
    this.end({
      outcome: 'failed',
      message: error instanceof Error ? error.message : String(error),
    });
  }

  /** Returns why the host has left the fleet; `undefined` while it is a member, or when that can't be found out. */
  async departure(): Promise<Departure | undefined> {
    try {
      return await this.#options.departure?.(this.carrier.host);
    } catch {
      // The failure before, if there is one, is the one to report.
      return undefined;
    }
  }

  /** Skips the host if it has left the fleet before its release was changed; returns whether it has. */
  async skipIfLeft(): Promise<boolean> {
    if ((await this.departure()) === undefined) return false;
    this.end({ outcome: 'left' });
    return true;
  }

  /**
   * Skips the host if it was ended for a reason that isn't its health: a release may be the cause of that. Returns whether it was.
   */
  async skipIfEnded(): Promise<boolean> {
    if ((await this.departure()) !== 'ended') return false;
    this.end({ outcome: 'left' });
    return true;
  }

  /**
   * Changes the release of the host while the balancer sends it no requests, as long as this deployment has its lock. Never rejects: a
   * failure is recorded.
   *
   * @param change runs the agent; its result decides
   * @param lock confirmed before each part of the change, because each of them may take minutes
   * @param done outcome after a success
   * @param digest release that the host has to report after a success
   * @param signal stops before the change, not during it
   */
  async change(
    change: (onStep: OnStep) => Promise<AgentResult>,
    {
      lock,
      done,
      digest: expected,
      signal,
    }: {
      readonly lock: FleetLock;
      readonly done: 'activated' | 'reverted';
      readonly digest?: string;
      readonly signal?: AbortSignal;
    },
  ): Promise<void> {
    let hasBegun = false;
    try {
      await lock.check(this.carrier);
      if (!(await this.#drain(lock, signal))) return;
      await lock.confirm(this.carrier);
      hasBegun = true;
      this.#hasBegun = true;
      const { outcome, digest, message, log } = await change(this.onStep);
      const isDone = outcome === 'activated' || outcome === 'unchanged';
      const facts = {
        digest: digest ?? this.#result.digest,
        ...(message !== undefined && { message }),
        ...(log !== undefined && { log }),
      };
      if (isDone && expected !== undefined && digest !== expected) {
        const found = digest?.slice(0, 12) ?? 'none';
        const other = `it reports the release ${found} in place of ${expected.slice(0, 12)}`;
        // The host does something else than it should: it gets no requests.
        this.end({
          ...facts,
          outcome: 'failed',
          message: hostProblem(this.carrier, other).message,
        });
        return;
      }
      if (!isDone && outcome !== 'reverted') {
        // The host has no release that passed its gate: it gets no requests.
        this.end({ ...facts, outcome: 'failed' });
        return;
      }
      this.note(facts);
      await this.#readyUnderLock(lock);
      this.end({ outcome: isDone ? done : done === 'reverted' ? 'failed' : 'reverted' });
    } catch (error) {
      if (this.#hasBegun ? await this.skipIfEnded() : await this.skipIfLeft()) return;
      if (await lock.reclaim(this.carrier)) await this.#readyIfHealthy(hasBegun);
      this.fail(error);
    }
  }

  /**
   * Lets a host serve whose agent failed before or after the change, if the release that runs there is healthy.
   *
   * @param hasBegun the release may be another one than before
   */
  async #readyIfHealthy(hasBegun: boolean): Promise<void> {
    try {
      const current = activatedRelease(await readHostStatus(this.carrier));
      if (current === undefined) return;
      this.note({ digest: current });
      const health = agentResult.parse(await runCurrentAgent(this.carrier, ['check', current]));
      if (health.outcome === 'healthy') await this.#ready();
    } catch (error) {
      // A host that can't be reached from here may serve as before its drain: the balancer checks its health.
      const mayServe = this.#servedBefore && !hasBegun && isUnreachable(error);
      // The host isn't healthy there: the failure before is the one to report.
      if (mayServe) await this.#ready().catch(() => undefined);
    }
  }

  /** Lets the balancer send requests to a host whose release stays: an update that was killed may have left it drained. */
  async stay(lock: FleetLock): Promise<void> {
    try {
      await this.#readyUnderLock(lock);
      this.end({ outcome: 'unchanged' });
    } catch (error) {
      if (await this.skipIfLeft()) return;
      this.fail(error);
    }
  }

  /** Returns false when `signal` stopped it: the host serves as before, unless another deployment has its lock. */
  async #drain(lock: FleetLock, signal: AbortSignal | undefined): Promise<boolean> {
    const { balancer, drains } = this.#options;
    const isStopped = (): boolean => signal?.aborted === true;
    if (isStopped()) return false;
    if (balancer === undefined || !drains()) return true;
    // Without a release, or drained by an update that failed there, it served nothing.
    const wasDrained = await balancer.isDrained?.(this.#target).catch(() => undefined);
    this.#servedBefore = wasDrained === false && this.#result.digest !== undefined;
    this.onStep('drain');
    this.#isDrained = true;
    try {
      await balancer.drain(this.#target, signal);
      return true;
    } catch (error) {
      if (await lock.reclaim(this.carrier)) await this.#ready();
      if (isStopped()) return false;
      throw error;
    }
  }

  /** Lets the host serve; another deployment that has its lock may have drained it. */
  async #readyUnderLock(lock: FleetLock): Promise<void> {
    if (this.#options.balancer === undefined) return;
    try {
      await lock.confirm(this.carrier);
    } catch (error) {
      // The balancer finds out whether a host is healthy that can't be reached from here.
      if (!isUnreachable(error) || !(await lock.reclaim(this.carrier))) throw error;
    }
    await this.#ready();
  }

  async #ready(): Promise<void> {
    const { balancer } = this.#options;
    if (balancer === undefined) return;
    // The group has deregistered it: requests would go to a host that ends.
    const departure = await this.departure();
    if (departure !== undefined) throw new Error(departureProblem(departure));
    this.onStep('ready');
    await balancer.ready(this.#target);
    this.#isDrained = false;
  }

  get #target(): string {
    return targetOf(this.#options);
  }
}
