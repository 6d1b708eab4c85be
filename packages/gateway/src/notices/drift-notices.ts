import type { DriftVerdict } from '@fairlead/drift';
import type { NoticeCondition, Notifier } from '@fairlead/monitoring';
import type { DriftListener } from '../recording/open-drift.ts';

const MAX_NAMED = 5;

/**
 * Returns the notice of a verdict; undefined where nothing began, and drift goes on or never was. Names of features are in it, and no
 * values.
 *
 * @example
 * ```ts
 * import { driftNotice } from '@fairlead/gateway';
 *
 * const age = { name: 'age', role: 'feature' } as const;
 * const notice = driftNotice({
 *   model: 'churn',
 *   version: '3',
 *   baseline: 'sha256:…',
 *   from: Date.UTC(2026, 10, 29, 12),
 *   to: Date.UTC(2026, 10, 29, 13),
 *   status: 'drift',
 *   summary: { drift: 1, ok: 0, 'insufficient data': 0 },
 *   drifted: [{ ...age, since: Date.UTC(2026, 10, 29, 11), checks: [], explanation: '' }],
 *   began: [age],
 *   ended: [],
 * });
 * console.log(notice?.status); // began
 * console.log(notice?.condition.summary); // churn: version 3 receives or answers other values than its baseline: age
 * ```
 */
export function driftNotice({
  model,
  version,
  drifted,
  began,
  ended,
  ...span
}: DriftVerdict):
  { readonly status: 'began' | 'ended'; readonly condition: NoticeCondition } | undefined {
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
    return { status: 'began', condition: { ...subject, summary } };
  }
  if (ended.length === 0 || drifted.length > 0) return undefined;
  const summary = `${model}: version ${version} receives and answers values like its baseline again: ${listed(ended)}`;
  return { status: 'ended', condition: { ...subject, summary } };
}

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

  /** Sends the notice of a verdict. */
  stored(verdict: DriftVerdict): void {
    const notice = driftNotice(verdict);
    if (notice?.status === 'began') this.#notifier.report(notice.condition);
    if (notice?.status === 'ended') this.#notifier.resolveShared(notice.condition);
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
