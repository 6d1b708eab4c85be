import { RolloutError } from '../rollout-error.ts';
import { RolloutLog } from '../state/rollout-log.ts';
import type { RolloutRecord } from '../state/rollout-entry.ts';
import { hasJustBeenRejected, rejectedPromotion } from '../state/rejected-promotion.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import { judgeState } from '../verdict/judge-state.ts';
import { uncountedOutcomes, type AddedOutcomes, type RolloutOutcome } from './accept-outcomes.ts';
import { ActiveRollout } from './active-rollout.ts';
import { entryFor, entryForAlias } from './apply-verdict.ts';
import { Compactor } from './compactor.ts';
import { CountsNames } from './counts-names.ts';
import { OutcomeTallies, type OutcomeNumbers } from './outcome-tally.ts';
import { RepeatedErrors } from './repeated-errors.ts';
import { RepeatedTasks } from './repeated-tasks.ts';
import { rolloutEvent } from './rollout-event.ts';
import type { RolloutChoice, RolloutInference } from './rollout-inference.ts';
import type { RunningRollout } from './running-rollout.ts';
import {
  checkRunnerOptions,
  type CheckedRunnerOptions,
  type RolloutRunnerOptions,
} from './rollout-runner-options.ts';

/** Models that are read at the same time. */
const PARALLEL = 16;
const COMPACT_INTERVAL_MS = 3_600_000;

/**
 * Runs the rollouts of the models that a process serves: splits their traffic, counts, judges, and changes steps, without a leader.
 *
 * Every process of a fleet has one. Each follows the same log, and may add to it; of several that do so at once, one does. While the store can't be
 * reached, everybody keeps the split that they had. It is the `router` of a `ModelServer` of `@fairlead/serving`.
 *
 * @throws RolloutError `ERR_ROLLOUT_INVALID_OPTION` naming the option and its value
 *
 * @example
 * ```ts
 * import { RolloutRunner } from '@fairlead/rollout';
 *
 * const runner = new RolloutRunner({
 *   objects: { create: async () => true, read: async () => undefined, list: async () => [] },
 *   writer: 'host-1',
 *   actor: 'gateway',
 *   models: () => ['churn'],
 *   isLive: () => true,
 *   currentOf: () => '3',
 *   championOf: async () => '3',
 *   promote: async () => undefined,
 * });
 * await runner.poll();
 * console.log(runner.route({ model: 'churn' }, 'user-7')); // undefined
 * await runner.close();
 * ```
 */
export class RolloutRunner {
  readonly #options: CheckedRunnerOptions;
  readonly #logs = new Map<string, RolloutLog>();
  readonly #active = new Map<string, ActiveRollout>();
  readonly #tallies = new OutcomeTallies();
  readonly #names: CountsNames;
  readonly #hardFailures = new Map<string, number>();
  readonly #errors: RepeatedErrors;
  readonly #tasks: RepeatedTasks;
  readonly #compaction: Compactor;

  constructor(options: RolloutRunnerOptions) {
    this.#options = checkRunnerOptions(options);
    this.#names = new CountsNames(this.#options.writer);
    this.#tasks = new RepeatedTasks(this.#options.onError);
    this.#errors = new RepeatedErrors(this.#options.onError);
    this.#compaction = new Compactor(this.#options);
  }

  /** Begins to follow, count and judge. */
  start(): void {
    const { pollIntervalMs, flushIntervalMs, judgeIntervalMs, random } = this.#options;
    this.#tasks.repeat(0, pollIntervalMs, () => this.poll());
    this.#tasks.repeat(flushIntervalMs, flushIntervalMs, () => this.flush());
    // At random times, so that mostly one process of a fleet judges with new counts.
    this.#tasks.repeat(random() * judgeIntervalMs, judgeIntervalMs, () => this.judge());
    this.#tasks.repeat(judgeIntervalMs, judgeIntervalMs, () => this.check());
    // At random times, so that mostly one process of a fleet reads the objects.
    this.#tasks.repeat(random() * COMPACT_INTERVAL_MS, COMPACT_INTERVAL_MS, () => this.compact());
  }

  /** Chooses the version of a request; undefined where no rollout does, so that the alias decides. */
  route({ model }: { readonly model: string }, key: string | undefined): RolloutChoice | undefined {
    return this.#active.get(model)?.route(key);
  }

  /** Counts a request that was routed. A candidate that fails hard gets no further request of this process, at once. */
  finished(inference: RolloutInference): void {
    const active = this.#active.get(inference.model);
    if (active?.count(inference) === true) this.#tasks.track(this.#takeOut(active));
  }

  /** Takes a candidate out that this process can't serve, such as one that answers its golden examples in another way when it is loaded. */
  takeOut(model: string, version: string, reason: string): void {
    const active = this.#active.get(model);
    if (active?.state.plan.candidate !== version || !active.eject(reason)) return;
    this.#tasks.track(this.#takeOut(active));
  }

  /** The last rollout of each model, as this process knows it. */
  get rollouts(): readonly RunningRollout[] {
    return Array.from(this.#active, ([model, { state, verdict, share, requests }]) => {
      const hardFailures = this.#hardFailures.get(model) ?? 0;
      return { state, verdict, share, requests, hardFailures };
    });
  }

  /**
   * Counts outcomes of users, such as conversions, by the routing keys of the users, for the A/B test of the model that runs; returns how many count, and why others
   * don't. They are stored with the counts.
   */
  addOutcomes(model: string, outcomes: readonly RolloutOutcome[]): AddedOutcomes {
    const added = this.#active.get(model)?.addOutcomes(outcomes);
    if (added !== undefined) return added;
    this.#tallies.of(model).count('no_test', outcomes.length);
    const uncounted = uncountedOutcomes('no_test', outcomes.length);
    return { counted: 0, waiting: 0, uncounted };
  }

  /** Outcomes that this process has received. */
  get outcomes(): readonly OutcomeNumbers[] {
    return this.#tallies.numbers((model) => this.#active.get(model)?.outcomes.size ?? 0);
  }

  /** The last rollout of a model, as this process knows it. */
  stateOf(model: string): RolloutState | undefined {
    return this.#active.get(model)?.state;
  }

  /** Returns the candidate of a model while a rollout needs it loaded. */
  candidateOf(model: string): string | undefined {
    const active = this.#active.get(model);
    return active?.isNeeded === true ? active.state.plan.candidate : undefined;
  }

  /** Reads changes of other processes, for all models that are served or for some. */
  async poll(models = this.#options.models()): Promise<void> {
    const { objects, onError } = this.#options;
    const folders = await objects.list('rollouts').catch((error: unknown) => {
      onError(error);
      return undefined;
    });
    if (folders === undefined) return;
    const names = new Set(folders.map(({ name }) => name));
    const known = models.filter((model) => names.has(model));
    for (let at = 0; at < known.length && !this.#tasks.closed; at += PARALLEL) {
      const some = known.slice(at, at + PARALLEL);
      await Promise.all(some.map((model) => this.#errors.guard(model, () => this.#follow(model))));
    }
    for (const active of this.#active.values()) {
      if (active.ejected !== undefined && active.state.status !== 'ended') await this.#end(active);
    }
  }

  /** Stores the counts of this process. */
  async flush(): Promise<void> {
    for (const active of this.#active.values()) await active.flush(this.#names);
  }

  /** Judges every rollout from the counts of the fleet, and changes what the verdict says. */
  async judge(): Promise<void> {
    for (const [model] of this.#active) {
      if (!this.#tasks.closed) await this.#errors.guard(model, () => this.#judge(model));
    }
  }

  /** Checks every candidate by `checkCandidate`, also while the store is away. */
  async check(): Promise<void> {
    for (const active of this.#active.values()) {
      // Executions that fail are counted as those of requests; a check without a result isn't.
      const isBroken = await active.check().catch(() => false);
      if (isBroken) await this.#takeOut(active);
    }
  }

  /**
   * Sums up the counts of finished hours, and of rollouts that have ended, into one object each; see `compactCounts`. A process that may not remove objects creates the
   * sums only.
   */
  async compact(): Promise<void> {
    for (const [model] of this.#active) {
      if (!this.#tasks.closed) await this.#errors.guard(model, () => this.#compaction.run(model));
    }
  }

  /** Stops, and stores what was counted. */
  async close(): Promise<void> {
    await this.#tasks.close();
    for (const active of this.#active.values()) await active.close(this.#names);
    // Once more: counts that waited for an attempt of the one before.
    await this.flush();
  }

  async #follow(model: string): Promise<void> {
    const { objects, now } = this.#options;
    const log = this.#logs.get(model) ?? new RolloutLog({ objects, model, now });
    this.#logs.set(model, log);
    const state = await log.latest();
    // Another alias is served by other processes.
    if (state?.plan.alias === this.#options.alias) this.#update(log, state, false);
  }

  #update(log: RolloutLog, state: RolloutState, own: boolean): void {
    const known = this.#active.get(state.model);
    const isSame = known?.state.number === state.number;
    const seen = isSame ? known.state.entries.length : 0;
    // A read that was overtaken by a later one.
    if (known !== undefined && (known.state.number > state.number || state.entries.length < seen)) {
      return;
    }
    if (known !== undefined && seen > 0) known.update(state);
    else {
      // The counts of the one before belong to its report.
      if (known !== undefined) this.#tasks.track(known.close(this.#names));
      const tally = this.#tallies.of(state.model);
      this.#active.set(state.model, new ActiveRollout(log, state, this.#options, tally));
    }
    // A process that starts reports the last change only.
    const fresh = state.entries.slice(known === undefined ? -1 : seen);
    for (const entry of fresh) {
      // An entry that this process has appended is the last one.
      this.#options.onEvent(rolloutEvent(state, entry, own && entry === fresh.at(-1)));
    }
  }

  async #judge(model: string): Promise<void> {
    await this.#follow(model);
    const active = this.#active.get(model);
    if (active === undefined || active.state.status === 'ended') return;
    // A candidate that this host has taken out is no longer judged, but ended.
    if (active.ejected !== undefined) return;
    const { actor, championOf, now } = this.#options;
    const moved = entryForAlias(active.state, await championOf(model), actor);
    if (moved !== undefined) {
      await this.#append(active, moved);
      return;
    }
    const counts = await active.readCounts();
    const { state } = active;
    const verdict = judgeState(state, counts, now());
    active.verdict = verdict;
    const entry = entryFor(state, verdict, actor);
    if (entry === 'promote') await this.#promote(active, verdict.reason);
    else if (entry !== undefined) await this.#append(active, entry);
  }

  /**
   * The intent is recorded first, so that nothing else ends the rollout; then the alias is changed. Any process that finds it changed records the end, so
   * that nothing is promoted twice.
   */
  async #promote(active: ActiveRollout, reason: string): Promise<void> {
    const { promote, actor, now } = this.#options;
    if (hasJustBeenRejected(active.state, now())) return;
    if (!active.state.promoting) {
      const intended = await this.#append(active, { type: 'promoting', actor, reason });
      if (!intended) return;
    }
    const { model, plan } = active.state;
    try {
      await promote(model, { version: plan.candidate, baseline: plan.baseline, reason });
    } catch (error) {
      await this.#append(active, rejectedPromotion(error, actor));
      return;
    }
    await this.#append(active, { type: 'ended', result: 'promoted', actor, reason });
  }

  #takeOut(active: ActiveRollout): Promise<void> {
    const { model } = active.state;
    this.#hardFailures.set(model, (this.#hardFailures.get(model) ?? 0) + 1);
    return this.#end(active);
  }

  /** Ends a rollout whose candidate fails hard; repeated at each poll until it is recorded. */
  async #end(active: ActiveRollout): Promise<void> {
    const { actor, writer } = this.#options;
    const reason = `${active.ejected ?? ''} (${writer})`;
    await this.#errors.guard(active.state.model, async () => {
      await this.#append(active, { type: 'ended', result: 'rolled back', actor, reason });
    });
  }

  /** Returns false where another process was faster: its change holds, and the next verdict is on it. */
  async #append(active: ActiveRollout, change: RolloutRecord): Promise<boolean> {
    try {
      this.#update(active.log, await active.log.append(active.state, change), true);
      return true;
    } catch (error) {
      if (!(error instanceof RolloutError) || error.code !== 'ERR_ROLLOUT_CONFLICT') throw error;
      await this.#follow(active.state.model);
      return false;
    }
  }
}
