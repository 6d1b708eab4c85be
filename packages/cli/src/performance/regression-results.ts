import type { RegressionSums } from '@fairlead/drift';
import type { Query } from './prediction-table.ts';
import { groupSql, type Grouping, KNOWN } from './read-counts.ts';

const SUMS = `sum(w) AS "rows", sum(w * y) AS labels, sum(w * y * y) AS squared_labels, sum(w * abs(p - y)) AS absolute_errors,
  sum(w * (p - y) ** 2) AS squared_errors, sum(w * (p - y) ** 4) AS quartic_errors`;

/** Groups of similar predictions, of about equal size. */
const PARTS = 20;

/** Measures predicted numbers by the rows with labels of each group. */
export async function measureRegression(
  query: Query,
  by: Grouping,
): Promise<ReadonlyMap<string, RegressionSums>> {
  const rows = await query(
    `SELECT ${groupSql[by]} AS name, ${SUMS} FROM predictions WHERE ${KNOWN} GROUP BY 1`,
  );
  return new Map(rows.map((row) => [String(row.name), sumsOf(row)]));
}

/** Estimates the errors of all rows of each group from the rows with labels whose predictions are similar; empty without such rows. */
export async function estimateRegression(
  query: Query,
  by: Grouping,
): Promise<ReadonlyMap<string, RegressionSums>> {
  const { estimateRegressionSums } = await import('@fairlead/drift');
  const [{ edges } = {}] = await query(
    `SELECT quantile_disc(p, [${Array.from({ length: PARTS - 1 }, (_, part) => (part + 1) / PARTS).join(', ')}]) AS edges
     FROM predictions WHERE ${KNOWN}`,
  );
  if (!Array.isArray(edges)) return new Map();
  const limits = [...new Set(edges.map(Number))];
  const part = limits.map((edge) => `CAST(p >= ${edge} AS INTEGER)`).join(' + ');
  const labeled = await query(
    `SELECT ${part} AS part, ${SUMS} FROM predictions WHERE ${KNOWN} GROUP BY 1`,
  );
  const parts = Array.from({ length: limits.length + 1 }, (_, index) =>
    sumsOf(labeled.find((row) => Number(row.part) === index) ?? {}),
  );
  const counts = await query(
    `SELECT ${groupSql[by]} AS name, ${part} AS part, sum(w) AS weight FROM predictions WHERE p IS NOT NULL GROUP BY ALL`,
  );
  return new Map(
    [...Map.groupBy(counts, ({ name }) => String(name))].map(([name, rows]) => {
      const weights = parts.map((_, index) =>
        Number(rows.find((row) => Number(row.part) === index)?.weight ?? 0),
      );
      return [name, estimateRegressionSums(parts, weights)];
    }),
  );
}

function sumsOf(row: Readonly<Record<string, unknown>>): RegressionSums {
  const number = (name: string): number => Number(row[name] ?? 0);
  return {
    rows: number('rows'),
    labels: number('labels'),
    squaredLabels: number('squared_labels'),
    absoluteErrors: number('absolute_errors'),
    squaredErrors: number('squared_errors'),
    quarticErrors: number('quartic_errors'),
  };
}
