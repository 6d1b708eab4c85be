import type { NoticeCondition, NoticeSubject, Notifier } from '@fairlead/monitoring';
import type { RolloutEvent } from '@fairlead/rollout';

/** Labels are predicted values, which notices must not contain. */
const LABEL = /label "(?:[^"\\]|\\.)*"/g;

/** Reports the end of rollouts, and what holds them; of a fleet, the process that made the change reports it. */
export class RolloutNotices {
  readonly #notifier: Pick<Notifier, 'report' | 'resolve' | 'forget'>;

  constructor(notifier: Pick<Notifier, 'report' | 'resolve' | 'forget'>) {
    this.#notifier = notifier;
  }

  /** Receives each change of a rollout. */
  changed(event: RolloutEvent): void {
    const { change, decision, own } = event;
    const isHeld = change === 'verdict' && decision === 'hold';
    if (!isHeld) this.#notifier.resolve(subjectOf(event, 'held'));
    if (!own) return;
    if (isHeld) this.#notifier.report(conditionOf(event, 'held'));
    if (change === 'ended') {
      // An event, not a condition that ends later.
      this.#notifier.report(conditionOf(event, 'ended'));
      this.#notifier.forget(subjectOf(event, 'ended'));
    }
  }
}

function conditionOf(event: RolloutEvent, what: 'held' | 'ended'): NoticeCondition {
  const { model, rollout, candidate, result, step, actor } = event;
  const outcome = what === 'held' ? 'is held' : (result ?? 'ended');
  const reason = event.reason.replaceAll(LABEL, 'a label');
  return {
    ...subjectOf(event, what),
    severity: 'warning',
    summary: `${model}: rollout ${rollout} of version ${candidate} ${outcome}: ${reason}`,
    details: { rollout, version: candidate, step, actor, ...(result !== undefined && { result }) },
  };
}

function subjectOf({ model, rollout }: RolloutEvent, what: 'held' | 'ended'): NoticeSubject {
  return { kind: 'rollout', model, name: `${rollout}:${what}` };
}
