import { setTimeout as sleep } from 'node:timers/promises';

import type { HostStatus } from '../agent/status.ts';
import { activatedRelease, isActive, readHostStatus } from '../hosts/host-status.ts';
import {
  prepareHost,
  runReleaseAgent,
  type AgentResult,
  type LocalRelease,
} from '../hosts/release-agent.ts';
import { isUnreachable } from '../hosts/run-on-host.ts';
import type { Batch } from './batches.ts';
import type { FleetLock } from './fleet-lock.ts';
import { carriersOf, type HostUpdate } from './host-update.ts';
import { memberBatches } from './member-batches.ts';
import { checkHost, findMembers, findUnhealthy, watchHosts } from './watch-hosts.ts';

/** Pause before a second connection to a host. */
const RECONNECT_MS = 2_000;

/** Options of {@link FleetUpdate}. */
export interface FleetUpdateOptions {
  readonly release: LocalRelease;
  /** Locks of the hosts: without them, nothing is changed. */
  readonly lock: FleetLock;
  /** Hosts at a time, of those that haven't left. */
  readonly batch: Batch;
  /** Stops between two batches. */
  readonly stop: AbortSignal;
}

/** The phases of a rolling update after the lock; each records the results of its hosts. */
export class FleetUpdate {
  readonly #updates: readonly HostUpdate[];
  readonly #options: FleetUpdateOptions;
  /** State of each host before the update. */
  readonly #before = new Map<HostUpdate, HostStatus>();
  /** Hosts with the new release, in the order of the update. */
  readonly #done: HostUpdate[] = [];
  readonly #revertible = new Set<HostUpdate>();
  readonly #unhealthy = new Set<HostUpdate>();

  constructor(updates: readonly HostUpdate[], options: FleetUpdateOptions) {
    this.#updates = updates;
    this.#options = options;
  }

  get #digest(): string {
    return this.#options.release.documents.digest;
  }

  /** Hosts that haven't left the fleet. */
  get #members(): readonly HostUpdate[] {
    return this.#updates.filter(({ hasLeft }) => !hasLeft);
  }

  /** Returns whether the hosts that haven't left are still this deployment's. */
  async isHeld(): Promise<boolean> {
    return this.#options.lock.isHeld(carriersOf(this.#updates));
  }

  /** True once a host was changed. */
  get hasActivated(): boolean {
    return this.#updates.some(({ result }) => result.outcome === 'activated');
  }

  /**
   * Sends and prepares the release on all hosts, beside the one that runs.
   *
   * @returns false when one of them failed
   */
  async prepare(): Promise<boolean> {
    const prepared = await Promise.all(
      this.#updates.map(async (update) => {
        try {
          const { carrier, onStep } = update;
          const sentBytes = await prepareHost(carrier, this.#options.release, onStep);
          const status = await readHostStatus(carrier);
          update.note({ sentBytes, digest: activatedRelease(status) });
          this.#before.set(update, status);
          return true;
        } catch (error) {
          if (await update.skipIfLeft()) return true;
          update.fail(error);
          return false;
        }
      }),
    );
    return prepared.every(Boolean);
  }

  /** Activates the release on one batch of hosts after the other, as long as all that have it are healthy. */
  async update(): Promise<'healthy' | 'unhealthy' | 'stopped'> {
    const { stop } = this.#options;
    const batches = this.#batchesOf(this.#members, (update) => update.skipIfLeft());
    for await (const batch of batches) {
      if (stop.aborted || !(await this.isHeld())) return 'stopped';
      if (!(await this.#areHealthy())) return 'unhealthy';
      await Promise.all(batch.map((update) => this.#updateHost(update)));
      const outcomes = batch.map(({ result }) => result.outcome);
      if (outcomes.some((outcome) => outcome === 'failed' || outcome === 'reverted')) {
        return 'unhealthy';
      }
      const isDone = ({ result, hasLeft }: HostUpdate) =>
        result.outcome !== 'untouched' && !hasLeft;
      this.#done.push(...batch.filter(isDone));
    }
    return 'healthy';
  }

  /**
   * Watches the hosts for a time.
   *
   * @returns false once one isn't healthy
   */
  async watch(watchMs: number): Promise<boolean> {
    const { stop } = this.#options;
    return watchHosts(() => this.#areHealthy(), { watchMs, signal: stop });
  }

  /**
   * Returns the hosts that have the release to the one before, a batch at a time: unhealthy ones first, then the last one that was
   * updated. A service that ended has been restarted and serves again, so unhealthy hosts aren't drained all at once.
   */
  async revert(): Promise<void> {
    const { lock } = this.#options;
    const revertible = this.#members.filter((update) => this.#revertible.has(update)).reverse();
    const inOrder = [
      ...revertible.filter((update) => this.#unhealthy.has(update)),
      ...revertible.filter((update) => !this.#unhealthy.has(update)),
    ];
    const batches = this.#batchesOf(inOrder, (update) => update.skipIfEnded());
    for await (const batch of batches) {
      // A host that another deployment has changed would fail the checks of this one too.
      if (!(await this.isHeld())) return;
      await Promise.all(
        batch.map((update) =>
          update.change(() => this.#run(update, ['rollback']), { lock, done: 'reverted' }),
        ),
      );
    }
  }

  async #updateHost(update: HostUpdate): Promise<void> {
    const { lock, stop: signal } = this.#options;
    if (await update.skipIfLeft()) return;
    const before = this.#before.get(update);
    const { history = [] } = before ?? {};
    const isCurrent = before !== undefined && isActive(before, this.#digest);
    if (isCurrent && (await checkHost(update, this.#check)).outcome === 'healthy') {
      // After a killed update, a host that was done may return to the release that others still run.
      const [, previous] = history;
      if (previous !== undefined && this.#isCurrentElsewhere(previous)) {
        this.#revertible.add(update);
      }
      await update.stay(lock);
      return;
    }
    await update.change(() => this.#activate(update), {
      ...{ lock, done: 'activated', digest: this.#digest, signal },
    });
    const hasOther = history.some((each) => each !== this.#digest);
    if (update.result.digest === this.#digest && hasOther) this.#revertible.add(update);
  }

  /** Runs an activation, and goes on with it when the connection breaks: the agent works on, and a second one waits for it. */
  async #activate(update: HostUpdate): Promise<AgentResult> {
    const activate = () => this.#run(update, ['activate', this.#digest]);
    try {
      return await activate();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      await sleep(RECONNECT_MS);
      // The connection breaks when this machine sleeps, too.
      await this.#options.lock.confirm(update.carrier);
      return await activate();
    }
  }

  #isCurrentElsewhere(digest: string): boolean {
    if (digest === this.#digest) return false;
    return [...this.#before.values()].some(({ current }) => current === digest);
  }

  async #areHealthy(): Promise<boolean> {
    const members = await findMembers(this.#done);
    const found = await findUnhealthy(members, this.#check);
    const isLeft = await Promise.all(found.map((update) => update.skipIfEnded()));
    const unhealthy = found.filter((_, index) => isLeft[index] !== true);
    for (const update of unhealthy) this.#unhealthy.add(update);
    return unhealthy.length === 0;
  }

  #batchesOf(
    hosts: readonly HostUpdate[],
    skips: (update: HostUpdate) => Promise<boolean>,
  ): AsyncGenerator<readonly HostUpdate[]> {
    const { batch } = this.#options;
    return memberBatches(hosts, { fleet: this.#updates, batch, done: () => this.#done, skips });
  }

  readonly #check = (update: HostUpdate): Promise<AgentResult> =>
    this.#run(update, ['check', this.#digest]);

  #run({ carrier, onStep }: HostUpdate, args: readonly string[]): Promise<AgentResult> {
    return runReleaseAgent(carrier, this.#options.release, args, onStep);
  }
}
