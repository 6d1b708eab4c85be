import type { DriftVerdict } from '@fairlead/drift';
import type { Notifier } from '@fairlead/monitoring';
import type { DriftListener } from '../recording/open-drift.ts';

const MAX_NAMED = 5;

/**
 * Notices about drift: one condition for each version, which is over when the drift of each of its features is.
 *
 * Verdicts are the state of a fleet, and each is stored by one process: that one sends its notice, also where the condition
 * began in another process, or before a restart.
 */
export class DriftNotices implements DriftListener {
  readonly #notifier: Pick<Notifier, 'report' | 'resolve' | 'resolveShared' | 'forget'>;

  constructor(notifier: Pick<Notifier, 'report' | 'resolve' | 'resolveShared' | 'forget'>) {
    this.#notifier = notifier;
  }

  /** Sends the notice of a verdict. Names of features are sent, and no values. */
  stored({ model, version, drifted, began, ended, ...span }: DriftVerdict): void {
    const subject = {
      ...subjectOf({ model, version }),
      severity: 'warning',
      details: {
        ...{ version, features: drifted.length },
        from: new Date(span.from).toISOString(),
        to: new Date(span.to).toISOString(),
      },
    } as const;
    if (began.length > 0) {
      const names = listed(drifted);
      const summary = `${model}: version ${version} receives or answers other values than its baseline: ${names}`;
      this.#notifier.report({ ...subject, summary });
    } else if (ended.length > 0 && drifted.length === 0) {
      const summary = `${model}: version ${version} receives and answers values like its baseline again: ${listed(ended)}`;
      this.#notifier.resolveShared({ ...subject, summary });
    }
  }

  found(verdict: DriftVerdict): void {
    if (verdict.drifted.length === 0) this.#notifier.forget(subjectOf(verdict));
  }

  /** Ends the condition that this process reported: a version without requests drifts no more, and would never be judged `ok`. */
  gone({ model, version }: Pick<DriftVerdict, 'model' | 'version'>): void {
    const summary = `${model}: version ${version}, which had drifted, is not served any more`;
    this.#notifier.resolve({ ...subjectOf({ model, version }), summary });
  }
}

function subjectOf({ model, version }: Pick<DriftVerdict, 'model' | 'version'>) {
  return { kind: 'drift', model, name: `version:${version}` } as const;
}

function listed(columns: readonly { readonly name: string }[]): string {
  const more = columns.length - MAX_NAMED;
  const names = columns.slice(0, MAX_NAMED).map(({ name }) => name);
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
