import type { Balancer } from '../balancers/balancer.ts';
import { runCurrentAgent } from '../hosts/current-agent.ts';
import { activatedRelease, readHostStatus } from '../hosts/host-status.ts';
import { agentResult, type AgentResult } from '../hosts/release-agent.ts';
import { batchSize } from './batches.ts';
import type { FleetOptions } from './roll-out-options.ts';
import type { HostResult, RolloutEvent, RolloutHost } from './rollout.ts';

/** Options of {@link HostUpdate}. */
export interface HostUpdateOptions extends RolloutHost {
  readonly balancer: Balancer | undefined;
  /** False when no other host would serve: the balancer goes on sending requests, which wait in the sockets of systemd. */
  readonly drains: boolean;
  readonly onEvent: (event: RolloutEvent) => void;
}

type OnStep = (step: string) => void;

/** Returns the updates of a fleet. */
export function hostUpdates(
  { hosts, balancer, batch = 1 }: FleetOptions,
  onEvent: HostUpdateOptions['onEvent'],
): readonly HostUpdate[] {
  // With all hosts in one batch, requests wait in the sockets of systemd, as they do without a balancer.
  const drains = (batchSize(batch, hosts.length) ?? 1) < hosts.length;
  return hosts.map((host) => new HostUpdate({ ...host, balancer, drains, onEvent }));
}

/** One host of a rolling update: what was done there, and how it ended. */
export class HostUpdate {
  readonly #options: HostUpdateOptions;
  #result: HostResult;

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

  /**
   * Changes the release of the host while the balancer sends it no requests. Never rejects: a failure is recorded.
   *
   * @param change runs the agent; its result decides
   * @param done outcome after a success
   * @param signal stops before the change, not during it
   */
  async change(
    change: (onStep: OnStep) => Promise<AgentResult>,
    { done, signal }: { readonly done: 'activated' | 'reverted'; readonly signal?: AbortSignal },
  ): Promise<void> {
    try {
      if (!(await this.#drain(signal))) return;
      const { outcome, digest, message, log } = await change(this.onStep);
      const isDone = outcome === 'activated' || outcome === 'unchanged';
      const facts = {
        digest: digest ?? this.#result.digest,
        ...(message !== undefined && { message }),
        ...(log !== undefined && { log }),
      };
      if (!isDone && outcome !== 'reverted') {
        // The host has no release that passed its gate: it gets no requests.
        this.end({ ...facts, outcome: 'failed' });
        return;
      }
      this.note(facts);
      await this.#ready();
      this.end({ outcome: isDone ? done : done === 'reverted' ? 'failed' : 'reverted' });
    } catch (error) {
      await this.#readyIfHealthy();
      this.fail(error);
    }
  }

  /** Lets a host serve whose agent failed before or after the change, if the release that runs there is healthy. */
  async #readyIfHealthy(): Promise<void> {
    try {
      const current = activatedRelease(await readHostStatus(this.carrier));
      if (current === undefined) return;
      this.note({ digest: current });
      const health = agentResult.parse(await runCurrentAgent(this.carrier, ['check', current]));
      if (health.outcome === 'healthy') await this.#ready();
    } catch {
      // The host can't be reached, or isn't healthy at the balancer: the failure before is the one to report.
    }
  }

  /** Lets the balancer send requests to a host whose release stays: an update that was killed may have left it drained. */
  async stay(): Promise<void> {
    try {
      await this.#ready();
      this.end({ outcome: 'unchanged' });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Returns false when `signal` stopped it: the host serves as before. */
  async #drain(signal: AbortSignal | undefined): Promise<boolean> {
    const { balancer, drains } = this.#options;
    const isStopped = (): boolean => signal?.aborted === true;
    if (isStopped()) return false;
    if (balancer === undefined || !drains) return true;
    this.onStep('drain');
    try {
      await balancer.drain(this.#target, signal);
      return true;
    } catch (error) {
      await this.#ready();
      if (isStopped()) return false;
      throw error;
    }
  }

  async #ready(): Promise<void> {
    const { balancer } = this.#options;
    if (balancer === undefined) return;
    this.onStep('ready');
    await balancer.ready(this.#target);
  }

  get #target(): string {
    const { target, carrier } = this.#options;
    return target ?? carrier.host.replace(/^\w+:\/\/(?:[^@]*@)?|:\d+$|\/$/g, '');
  }
}
