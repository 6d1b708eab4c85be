import type { Notifier } from '@fairlead/monitoring';
import type { DriftEvent } from '../recording/open-drift.ts';

const MAX_NAMED = 5;

/** Notices about drift: one condition for each version, which is over when the drift of each of its features is. */
export class DriftNotices {
  readonly #notifier: Pick<Notifier, 'report' | 'resolve'>;
  /** Drifting features and outputs by model and version; only those that this process judged. */
  readonly #drifting = new Map<string, Set<string>>();

  constructor(notifier: Pick<Notifier, 'report' | 'resolve'>) {
    this.#notifier = notifier;
  }

  /** Counts drift that began or ended. Names of features are sent, and no values. */
  count({ type, model, version, features, from, to }: DriftEvent): void {
    const subject = { kind: 'drift', model, name: `version:${version}` } as const;
    const key = `${model}/${version}`;
    const drifting = this.#drifting.get(key) ?? new Set<string>();
    for (const feature of features) {
      if (type === 'drift-began') drifting.add(feature);
      else drifting.delete(feature);
    }
    if (drifting.size === 0) {
      this.#drifting.delete(key);
      this.#notifier.resolve(subject);
      return;
    }
    this.#drifting.set(key, drifting);
    if (type === 'drift-ended') return;
    this.#notifier.report({
      ...subject,
      severity: 'warning',
      summary: `${model}: version ${version} receives or answers other values than its baseline: ${listed([...drifting])}`,
      details: { version, features: drifting.size, from, to },
    });
  }
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
