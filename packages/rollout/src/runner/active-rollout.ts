import { TrafficSplit } from '../assignment/traffic-split.ts';
import { BASELINE, CANDIDATE } from '../assignment/variants.ts';
import { KnownUsers } from '../counts/known-users.ts';
import { StepCounts } from '../counts/step-counts.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import type { RolloutLog } from '../state/rollout-log.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';
import type { RolloutVerdict } from '../verdict/rollout-verdict.ts';
import type { AddedOutcomes, RolloutOutcome } from './accept-outcomes.ts';
import type { CountsNames, CountsObject } from './counts-names.ts';
import { CountsReader } from './counts-reader.ts';
import { HardFailures } from './hard-failures.ts';
import type { OutcomeTally } from './outcome-tally.ts';
import { requestEvents } from './request-events.ts';
import type { RolloutChoice, RolloutInference } from './rollout-inference.ts';
import type { CheckedRunnerOptions } from './rollout-runner-options.ts';
import { WaitingOutcomes, type WaitingOutcomesContext } from './waiting-outcomes.ts';

/** Own counts that are held in memory until they were read with those of the fleet. */
const MAX_SENT = 16;
/** After a promotion the split stays until the alias of this process has followed, for so long at most. */
const SETTLE_MS = 300_000;

/** The last rollout of one model on this host: its split, what was counted since it was stored, and failures that end it at once. */
export class ActiveRollout {
  readonly log: RolloutLog;
  state: RolloutState;
  /** Last verdict of this process. */
  verdict: RolloutVerdict | undefined;
  /** Requests that this process has counted, by variant. */
  readonly requests: Record<string, number> = { [BASELINE]: 0, [CANDIDATE]: 0 };
  /** Reason why this host gives the candidate no traffic, before the fleet knows it. */
  ejected: string | undefined;
  readonly #options: CheckedRunnerOptions;
  readonly #name: string;
  /** Freed at the end of the rollout. */
  #reader: CountsReader | undefined;
  /** True once the alias of this process has followed a promotion, or where the rollout had ended before this process began. */
  #hasSettled: boolean;
  readonly #hard = new HardFailures();
  #split: TrafficSplit;
  /** Of an A/B test, the split of its last step: users who change until then aren't compared. */
  readonly #lastSplit: TrafficSplit | undefined;
  /** Counts that aren't stored yet, by step. */
  readonly #pending = new Map<number, StepCounts>();
  /** Counts that are being stored, by step; one object of each at a time. */
  readonly #sending = new Map<number, CountsObject>();
  /** Outcomes of the A/B test that wait for the answer to their user. */
  readonly outcomes: WaitingOutcomes;
  /** Counts of the fleet that were read last. */
  #fleet: readonly StepCounts[] = [];
  /** Own counts of an A/B test that aren't among them yet, by key. */
  readonly #sent = new Map<string, StepCounts>();

  constructor(
    log: RolloutLog,
    state: RolloutState,
    options: CheckedRunnerOptions,
    tally: OutcomeTally,
  ) {
    this.log = log;
    this.state = state;
    this.#options = options;
    this.outcomes = new WaitingOutcomes(tally);
    this.#split = splitOf(state);
    const { kind, steps } = state.plan;
    this.#lastSplit =
      kind === 'experiment' ? splitOf({ ...state, step: steps.length - 1 }) : undefined;
    this.#name = rolloutName(state);
    this.#hasSettled = state.status === 'ended';
  }

  /** Follows a change of the same rollout. */
  update(state: RolloutState): void {
    if (state.step !== this.state.step) this.#split = splitOf(state);
    this.state = state;
    if (state.status !== 'ended') return;
    this.#endOutcomes();
    this.#reader = undefined;
    this.#fleet = [];
    this.#sent.clear();
  }

  /** True while this process needs the candidate. */
  get isNeeded(): boolean {
    return this.ejected === undefined && this.#routes();
  }

  /** Share that this process gives the candidate now. */
  get share(): number {
    return this.isNeeded ? (this.state.plan.steps[this.state.step]?.share ?? 0) : 0;
  }

  /** Takes the candidate out on this host; returns false where that isn't to be recorded any more. */
  eject(reason: string): boolean {
    if (this.state.status === 'ended' || this.ejected !== undefined) return false;
    this.ejected = reason;
    return true;
  }

  /** Checks the candidate while it is live; resolves to true when it has to be taken out. */
  async check(): Promise<boolean> {
    const { checkCandidate } = this.#options;
    const { model, plan, status } = this.state;
    if (status === 'ended' || this.ejected !== undefined || checkCandidate === undefined)
      return false;
    if (!this.#isCandidateLive) return false;
    const problem = await checkCandidate(model, plan.candidate);
    return problem !== undefined && this.eject(problem);
  }

  route(key: string | undefined): RolloutChoice | undefined {
    const { state, ejected } = this;
    const { plan, model } = state;
    const { isLive, random } = this.#options;
    if (ejected !== undefined || !this.#routes()) return undefined;
    if (!this.#isCandidateLive || !isLive(model, plan.baseline, 'answer')) return undefined;
    if (plan.unit === 'key' && key === undefined) return undefined;
    const share = plan.steps[state.step]?.share ?? 0;
    const isChosen =
      plan.unit === 'key' && key !== undefined
        ? this.#split.variantOf(key) === CANDIDATE
        : random() < share;
    const place = { rollout: rolloutName(state), step: state.step };
    if (plan.kind === 'shadow') {
      return isChosen
        ? { version: plan.baseline, shadow: plan.candidate, variant: BASELINE, ...place }
        : undefined;
    }
    return isChosen
      ? { version: plan.candidate, variant: CANDIDATE, ...place }
      : { version: plan.baseline, variant: BASELINE, ...place };
  }

  /** Counts the end of a request; returns true when the candidate has to be taken out at once. */
  count(inference: RolloutInference): boolean {
    const { plan, status } = this.state;
    const variant = variantOf(plan, inference);
    const { rollout, step } = inference.choice as Partial<RolloutChoice>;
    // A request that was routed by the rollout before.
    if (variant === undefined || step === undefined || rollout !== this.#name) return false;
    if (status === 'ended' || this.ejected !== undefined) return false;
    if (plan.kind === 'shadow') {
      this.#countShadow(inference, step);
      return false;
    }
    const { outcome, isFault: failed = false, fallbackFailed = false } = inference;
    this.#add(step, variant, inference.key, requestEvents(plan, inference, this.#options));
    // Neither a request of which the client is the cause nor one at which both versions fail shows that the candidate is broken.
    if ((outcome === 'failure' && !failed) || fallbackFailed) return false;
    const user = plan.unit === 'key' ? inference.key : undefined;
    this.ejected = this.#hard.add({ variant, failed, user, now: this.#options.now() });
    return this.ejected !== undefined;
  }

  /** Counts outcomes of users of the A/B test that runs; returns undefined without one. */
  addOutcomes(outcomes: readonly RolloutOutcome[]): AddedOutcomes | undefined {
    const isTest = this.state.plan.outcomes !== undefined && this.state.status !== 'ended';
    if (this.ejected !== undefined || !isTest) return undefined;
    return this.outcomes.add(this.#outcomesContext(), outcomes);
  }

  /** Stores what was counted since the last time; what can't be stored is tried again the next time, and what follows waits in memory. */
  async flush(names: CountsNames): Promise<void> {
    const { objects, now, onError } = this.#options;
    for (const [step, counts] of this.#pending) {
      if (this.#sending.has(step)) continue;
      const object = names.objectOf(this.state, counts, now());
      this.#sending.set(step, object);
      this.#pending.delete(step);
      const { status, plan } = this.state;
      const isTest = plan.outcomes !== undefined && status !== 'ended';
      if (isTest && this.#sent.size < MAX_SENT) this.#sent.set(object.key, counts);
    }
    for (const [step, { key, body }] of this.#sending) {
      try {
        await objects.create(key, body);
        this.#sending.delete(step);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Stores what was counted, also outcomes that wait for the answer to their user, at the end of this process or of the rollout. */
  close(names: CountsNames): Promise<void> {
    this.#endOutcomes();
    return this.flush(names);
  }

  /** Reads the counts of the fleet. */
  async readCounts(): Promise<readonly StepCounts[]> {
    const { objects, onError, now } = this.#options;
    this.#reader ??= new CountsReader(objects, this.state, onError);
    const sending = new Set([...this.#sending.values()].map(({ key }) => key));
    const stored = [...this.#sent.keys()].filter((key) => !sending.has(key));
    this.#fleet = await this.#reader.read(now());
    for (const key of stored) this.#sent.delete(key);
    if (this.outcomes.size > 0) this.outcomes.settle(this.#outcomesContext());
    return this.#fleet;
  }

  #endOutcomes(): void {
    if (this.outcomes.size > 0) this.outcomes.end(this.#outcomesContext());
  }

  #outcomesContext(): WaitingOutcomesContext {
    const { state } = this;
    const own = [...this.#pending.values(), ...this.#sent.values()];
    const users = new KnownUsers([...this.#fleet, ...own]);
    return { state, users, counts: this.#countsOf(state.step), now: this.#options.now() };
  }

  get #isCandidateLive(): boolean {
    const { model, plan } = this.state;
    const role = plan.kind === 'shadow' ? 'shadow' : 'answer';
    return this.#options.isLive(model, plan.candidate, role);
  }

  /** The split also stays after a promotion, until the alias of this process has followed: users would switch twice otherwise. */
  #routes(): boolean {
    const { status, result, plan, model, entries } = this.state;
    if (status !== 'ended') return true;
    if (this.#hasSettled || result !== 'promoted' || plan.kind === 'shadow') return false;
    const { currentOf, now } = this.#options;
    const isLate = now() - (entries.at(-1)?.at ?? 0) > SETTLE_MS;
    // Not again: a rollback after the promotion is no reason to split.
    this.#hasSettled = isLate || currentOf(model) !== plan.baseline;
    return !this.#hasSettled;
  }

  /** A copy runs only for a request that the baseline has answered; both are counted when it has ended. */
  #countShadow(inference: RolloutInference, step: number): void {
    const { role, key, version, outcome, isFault = false, outputs, answered = [] } = inference;
    // Copies that were shed say nothing.
    if (role !== 'shadow' || (outcome === 'failure' && !isFault)) return;
    const { model, plan } = this.state;
    const { labelOf } = this.#options;
    const events = isFault ? ['failure'] : [];
    if (outputs !== undefined) {
      const expected = labelOf(model, plan.baseline, answered);
      const found = labelOf(model, version, outputs);
      if (expected !== undefined && found !== undefined) {
        events.push('labeled', ...(found === expected ? [] : ['changed-label']));
      }
    }
    this.#add(step, CANDIDATE, key, events);
    this.#add(step, BASELINE, key, []);
  }

  #add(step: number, variant: string, key: string | undefined, events: readonly string[]): void {
    const { unit } = this.state.plan;
    this.requests[variant] = (this.requests[variant] ?? 0) + 1;
    const last = key === undefined ? undefined : this.#lastSplit?.variantOf(key);
    const user = last === variant ? 'stays' : 'changes';
    this.#countsOf(step).add({
      ...{ variant, events },
      ...(unit === 'key' && { key }),
      ...(last !== undefined && { user }),
    });
  }

  #countsOf(step: number): StepCounts {
    let counts = this.#pending.get(step);
    if (counts === undefined) {
      counts = new StepCounts({ rollout: this.#name, step });
      this.#pending.set(step, counts);
    }
    return counts;
  }
}

function splitOf(state: RolloutState): TrafficSplit {
  const { plan, step } = state;
  const steps = plan.steps.slice(0, step + 1).map(({ share }) => ({ [CANDIDATE]: share }));
  return new TrafficSplit({ rollout: rolloutName(state), steps });
}

function variantOf(
  { baseline, candidate }: RolloutPlan,
  { version, variant }: RolloutInference,
): string | undefined {
  if (variant === undefined) return undefined;
  if (version === candidate) return CANDIDATE;
  return version === baseline ? BASELINE : undefined;
}
