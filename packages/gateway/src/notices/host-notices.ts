import type { NoticeCondition, NoticeSubject, Notifier } from '@fairlead/monitoring';
import type { NoticeChange } from '../process-group/notice-change.ts';
import { conditionKey } from './condition-key.ts';

interface HeldCondition {
  readonly subject: NoticeSubject;
  /** Numbers of the processes in which it holds. */
  readonly processes: Set<number>;
}

/**
 * Conditions of all processes of a host as one: it begins in the first process, and is over when it is in the last one.
 *
 * Drift and rollouts are conditions of a fleet, which the process that changed them reports.
 */
export class HostNotices {
  readonly #notifier: Pick<Notifier, 'report' | 'resolve' | 'resolveShared' | 'forget'>;
  readonly #held = new Map<string, HeldCondition>();

  constructor(notifier: Pick<Notifier, 'report' | 'resolve' | 'resolveShared' | 'forget'>) {
    this.#notifier = notifier;
  }

  /** Takes changes that a process reports. */
  change(process: number, changes: readonly NoticeChange[]): void {
    for (const change of changes) {
      switch (change.type) {
        case 'report':
          this.#report(process, change.condition, change.count);
          break;
        case 'resolve':
          this.#resolve(process, change.subject);
          break;
        case 'resolveShared':
          this.#notifier.resolveShared(change.condition);
          break;
        case 'forget':
          this.#notifier.forget(change.subject);
          break;
      }
    }
  }

  /** A process has ended: conditions that held in it alone are over, unless the next one reports them again. */
  end(process: number): void {
    for (const { subject, processes } of [...this.#held.values()]) {
      if (processes.has(process)) this.#resolve(process, subject);
    }
  }

  #report(process: number, condition: NoticeCondition, count: number): void {
    this.#notifier.report(condition, count);
    if (!isOfProcess(condition)) return;
    const key = conditionKey(condition);
    const { kind, model, name } = condition;
    const held = this.#held.get(key) ?? { subject: { kind, model, name }, processes: new Set() };
    this.#held.set(key, held);
    held.processes.add(process);
  }

  #resolve(
    process: number,
    subject: NoticeSubject & Partial<Pick<NoticeCondition, 'summary'>>,
  ): void {
    const key = conditionKey(subject);
    const processes = this.#held.get(key)?.processes;
    processes?.delete(process);
    if (processes !== undefined && processes.size > 0) return;
    this.#held.delete(key);
    this.#notifier.resolve(subject);
  }
}

/** Returns whether a condition holds in a process until that resolves it. Error groups end by time. */
function isOfProcess({ kind, endsAfterMs }: NoticeCondition): boolean {
  return kind === 'load-failed' || (kind === 'errors' && endsAfterMs === undefined);
}
