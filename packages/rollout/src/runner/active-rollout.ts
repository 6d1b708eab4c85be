import { TrafficSplit } from '../assignment/traffic-split.ts';
import { BASELINE, CANDIDATE } from '../assignment/variants.ts';
import { StepCounts } from '../counts/step-counts.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import type { RolloutLog } from '../state/rollout-log.ts';
import { rolloutName, type RolloutState } from '../state/rollout-state.ts';
import { CountsReader, type CountsWriter } from './counts-store.ts';
import { HardFailures } from './hard-failures.ts';
import type { CheckedRunnerOptions } from './rollout-runner-options.ts';

/** Versions that answer a request, as serving's `VersionChoice`. */
export interface RolloutChoice {
  readonly version: string;
  readonly shadow?: string | undefined;
  readonly variant: string;
}

/** End of a routed request, as serving's `RoutedInference`. */
export interface RolloutInference {
  readonly model: string;
  readonly version: string;
  readonly variant?: string | undefined;
  readonly key: string | undefined;
  readonly role: 'answer' | 'shadow';
  readonly outcome: 'success' | 'failure';
  readonly reason?: string | undefined;
  readonly code?: string | undefined;
  readonly durationMs: number;
  readonly outputs?: readonly unknown[] | undefined;
  readonly answered?: readonly unknown[] | undefined;
}

/** A deadline that passed is the server's failure; a client that disconnected isn't. */
const DEADLINE = 'ERR_SERVING_DEADLINE_EXCEEDED';
const SERVER_FAILURES: ReadonlySet<string | undefined> = new Set(['BACKEND', 'REJECTED']);
/** After a promotion the split stays until the alias of this process has followed, for so long at most. */
const SETTLE_MS = 300_000;

/** The last rollout of one model on this host: its split, what was counted since it was stored, and failures that end it at once. */
export class ActiveRollout {
  readonly log: RolloutLog;
  state: RolloutState;
  /** Reason why this host gives the candidate no traffic, before the fleet knows it. */
  ejected: string | undefined;
  readonly #options: CheckedRunnerOptions;
  readonly #reader: CountsReader;
  readonly #hard = new HardFailures();
  #split: TrafficSplit;
  /** Counts that aren't stored yet, by step. */
  #pending = new Map<number, StepCounts>();

  constructor(log: RolloutLog, state: RolloutState, options: CheckedRunnerOptions) {
    this.log = log;
    this.state = state;
    this.#options = options;
    this.#split = splitOf(state);
    this.#reader = new CountsReader(options.objects, state, options.onError);
  }

  /** Follows a change of the same rollout. */
  update(state: RolloutState): void {
    if (state.step !== this.state.step) this.#split = splitOf(state);
    this.state = state;
  }

  route(key: string | undefined): RolloutChoice | undefined {
    const { state, ejected } = this;
    const { plan, model } = state;
    const { isLive, random } = this.#options;
    if (ejected !== undefined || !this.#routes()) return undefined;
    if (!isLive(model, plan.candidate) || !isLive(model, plan.baseline)) return undefined;
    if (plan.unit === 'key' && key === undefined) return undefined;
    const share = plan.steps[state.step]?.share ?? 0;
    const isChosen =
      plan.unit === 'key' && key !== undefined
        ? this.#split.variantOf(key) === CANDIDATE
        : random() < share;
    if (plan.kind === 'shadow') {
      return isChosen
        ? { version: plan.baseline, shadow: plan.candidate, variant: BASELINE }
        : undefined;
    }
    return isChosen
      ? { version: plan.candidate, variant: CANDIDATE }
      : { version: plan.baseline, variant: BASELINE };
  }

  /** Counts the end of a request; returns true when the candidate has to be taken out at once. */
  count(inference: RolloutInference): boolean {
    const { plan, status } = this.state;
    const variant = variantOf(plan, inference);
    if (variant === undefined || status === 'ended' || this.ejected !== undefined) return false;
    const { outcome, reason, code } = inference;
    const failed = outcome === 'failure';
    // A request that the client is to blame for says nothing about the version.
    if (failed && !SERVER_FAILURES.has(reason) && code !== DEADLINE) return false;
    if (plan.kind === 'shadow') return this.#countShadow(inference, failed);
    this.#add(variant, inference.key, this.#eventsOf(inference, failed));
    this.ejected = this.#hard.add(variant, failed, this.#options.now());
    return this.ejected !== undefined;
  }

  /** Stores what was counted since the last time; what can't be stored is stored with the next. */
  async flush(writer: CountsWriter): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [step, counts] of pending) {
      try {
        await writer.write(this.state, counts, this.#options.now());
      } catch (error) {
        const since = this.#pending.get(step);
        if (since !== undefined) counts.merge(since);
        this.#pending.set(step, counts);
        this.#options.onError(error);
      }
    }
  }

  /** Reads the counts of the fleet. */
  readCounts(): Promise<readonly StepCounts[]> {
    return this.#reader.read(this.#options.now());
  }

  /** The split also stays after a promotion, until the alias of this process has followed: users would switch twice otherwise. */
  #routes(): boolean {
    const { status, result, plan, model, entries } = this.state;
    if (status !== 'ended') return true;
    if (result !== 'promoted' || plan.kind === 'shadow') return false;
    const { currentOf, now } = this.#options;
    const endedAt = entries.at(-1)?.at ?? 0;
    return currentOf(model) === plan.baseline && now() - endedAt < SETTLE_MS;
  }

  /** A copy runs only for a request that the baseline has answered; both are counted when it has ended. */
  #countShadow(inference: RolloutInference, failed: boolean): boolean {
    if (inference.role !== 'shadow') return false;
    const { key, version, outputs, answered = [] } = inference;
    const { model, plan } = this.state;
    const { labelOf } = this.#options;
    const events = failed ? ['failure'] : [];
    if (outputs !== undefined) {
      const expected = labelOf(model, plan.baseline, answered);
      if (expected !== labelOf(model, version, outputs)) events.push('changed-label');
    }
    this.#add(CANDIDATE, key, events);
    this.#add(BASELINE, key, []);
    return false;
  }

  #eventsOf(inference: RolloutInference, failed: boolean): readonly string[] {
    const { slow, labels } = this.state.plan.guardrails;
    const { model, version, durationMs, outputs } = inference;
    if (failed) return ['failure'];
    const events: string[] = [];
    if (slow !== undefined && durationMs > slow.overMs) events.push('slow');
    if (labels !== undefined && outputs !== undefined) {
      const label = this.#options.labelOf(model, version, outputs);
      if (label !== undefined) events.push(`label:${label.slice(0, 100)}`);
    }
    return events;
  }

  #add(variant: string, key: string | undefined, events: readonly string[]): void {
    const { plan, step } = this.state;
    let counts = this.#pending.get(step);
    if (counts === undefined) {
      counts = new StepCounts({ rollout: rolloutName(this.state), step });
      this.#pending.set(step, counts);
    }
    counts.add({ variant, events, ...(plan.unit === 'key' && { key }) });
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
