import type { LabelDelays } from '@fairlead/drift';
import type { Query } from './prediction-table.ts';

/** Rows that are reported together. */
export type Grouping = 'all' | 'day' | 'segment';

/** Expression of SQL with the name of a group. */
export const groupSql: Readonly<Record<Grouping, string>> = {
  all: `'all'`,
  day: 'day',
  segment: 'segment',
};

/** Rows of a group, with and without labels. */
export interface GroupCounts {
  readonly name: string;
  readonly rows: number;
  readonly weight: number;
  readonly effectiveRows: number;
  readonly labeled: number;
  readonly effectiveLabeled: number;
}

/** A usable label of a usable prediction. */
export const KNOWN = 'y IS NOT NULL AND p IS NOT NULL';

/** Counts the rows of each group, in order of their names. */
export async function readCounts(query: Query, by: Grouping): Promise<readonly GroupCounts[]> {
  const rows = await query(
    `SELECT ${groupSql[by]} AS name, count(*) AS "rows", sum(w) AS weight, sum(w * w) AS squared,
       count(*) FILTER (WHERE ${KNOWN}) AS labeled,
       sum(w) FILTER (WHERE ${KNOWN}) AS labeled_weight,
       sum(w * w) FILTER (WHERE ${KNOWN}) AS labeled_squared
     FROM predictions GROUP BY 1 ORDER BY 1`,
  );
  return rows.map((row) => ({
    name: String(row.name),
    rows: Number(row.rows),
    weight: Number(row.weight),
    effectiveRows: effective(row.weight, row.squared),
    labeled: Number(row.labeled),
    effectiveLabeled: effective(row.labeled_weight, row.labeled_squared),
  }));
}

/** Effective number of rows of equal weight, by Kish. */
function effective(weight: unknown, squared: unknown): number {
  return Number(squared) > 0 ? Number(weight) ** 2 / Number(squared) : 0;
}

/** Delays of labels, and labels that don't count. */
export async function readLabels(query: Query): Promise<{
  readonly delays: LabelDelays;
  readonly replacedLabels: number;
  readonly unknownLabels: number;
  readonly requestsWithoutRow: number;
}> {
  const [row = {}] = await query(
    `SELECT quantile_cont(delay, 0.5) AS median, quantile_cont(delay, 0.9) AS p90, max(delay) AS latest,
       coalesce(sum(replaced), 0) AS replaced, count(*) FILTER (WHERE has_label AND y IS NULL) AS unknown
     FROM predictions WHERE has_label`,
  );
  const [{ requests } = {}] = await query(
    'SELECT count(DISTINCT request_id) AS requests FROM all_label_lines WHERE lacks_row',
  );
  const number = (value: unknown): number =>
    typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN;
  return {
    delays: { medianMs: number(row.median), p90Ms: number(row.p90), maxMs: number(row.latest) },
    replacedLabels: number(row.replaced),
    unknownLabels: number(row.unknown),
    requestsWithoutRow: number(requests),
  };
}
