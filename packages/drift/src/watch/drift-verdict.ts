import type { DriftReport, DriftStatus, FeatureDrift } from '../report/drift-report.ts';

/** Version of a model that is judged. */
export interface WatchedVersion {
  readonly model: string;
  /** A decimal number, as in windows. */
  readonly version: string;
}

/** Feature or output of a version. */
export interface VerdictColumn {
  readonly name: string;
  readonly role: 'feature' | 'output';
}

/** A feature or output that has drifted. */
export interface DriftedFeature
  extends VerdictColumn, Pick<FeatureDrift, 'checks' | 'explanation'> {
  /** Begin of the first window that differs, in milliseconds since the epoch. */
  readonly since: number;
}

/** Verdict on a version in an hour or a day; immutable. */
export interface DriftVerdict extends WatchedVersion {
  /** Digest of the baseline that windows were compared with. */
  readonly baseline: string;
  /** Begin and end of the hour or day, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly status: DriftStatus;
  /** Features and outputs by status. */
  readonly summary: Readonly<Record<DriftStatus, number>>;
  /** Features and outputs that have drifted. */
  readonly drifted: readonly DriftedFeature[];
  /** Those of them that the verdict before doesn't have. */
  readonly began: readonly VerdictColumn[];
  /** Features and outputs of the verdict before whose drift is over. */
  readonly ended: readonly VerdictColumn[];
}

/** Version, baseline and span of a verdict. */
export type VerdictSubject = Pick<DriftVerdict, 'model' | 'version' | 'baseline' | 'from' | 'to'>;

const sameAs =
  ({ name, role }: VerdictColumn) =>
  (other: VerdictColumn): boolean =>
    other.name === name && other.role === role;

const columnOf = ({ name, role }: VerdictColumn): VerdictColumn => ({ name, role });

/**
 * Makes the verdict that follows on `before`. A drift ends with a window that is `ok`: without enough values it lasts, since
 * silence shows nothing.
 */
export function makeVerdict(
  subject: VerdictSubject,
  { status, summary, features }: DriftReport,
  before?: DriftVerdict,
): DriftVerdict {
  const earlier = before?.drifted ?? [];
  const current = features.flatMap((feature): readonly DriftedFeature[] => {
    if (feature.status !== 'drift') return [];
    const { name, role, checks, explanation } = feature;
    const known = earlier.find(sameAs(feature))?.since ?? Infinity;
    const since = Math.min(known, feature.since ?? subject.from);
    return [{ name, role, since, checks, explanation }];
  });
  const unknown = features.filter((feature) => feature.status === 'insufficient data');
  const lasting = earlier.filter((each) => unknown.some(sameAs(each)));
  const drifted = [...current, ...lasting];
  return {
    ...subject,
    status: drifted.length > 0 ? 'drift' : status,
    summary: {
      drift: drifted.length,
      ok: summary.ok,
      'insufficient data': summary['insufficient data'] - lasting.length,
    },
    drifted,
    began: drifted.filter((each) => !earlier.some(sameAs(each))).map(columnOf),
    ended: earlier.filter((each) => !drifted.some(sameAs(each))).map(columnOf),
  };
}
