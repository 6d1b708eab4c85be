import type { CalibratedClass, ClassifierResult, ScoreCells } from '@fairlead/drift';
import type { CalibrationBaseline } from '@fairlead/windows';
import type { Query } from './prediction-table.ts';
import { groupSql, type Grouping, KNOWN } from './read-counts.ts';

/** Scores of a class are counted in so many cells; equal scores have the same. */
const CELLS = 4096;

/** Counts the rows with labels by score, like the baseline does; undefined without such rows. */
export async function calibrationOfLabels(
  query: Query,
  labels: readonly string[],
): Promise<CalibrationBaseline | undefined> {
  const classes = [];
  for (const [index, label] of labels.entries()) {
    const own = labels.length === 1 ? 1 : index;
    const rows = await query(
      `SELECT avg(s${index}) AS score, count(*) AS "rows", count(*) FILTER (WHERE y = ${own}) AS positives
       FROM (SELECT *, ntile(256) OVER (ORDER BY s${index}) AS part FROM predictions WHERE ${KNOWN})
       GROUP BY part ORDER BY score`,
    );
    if (rows.length === 0) return undefined;
    classes.push({
      ...{ label, index },
      scores: rows.map(({ score }) => Number(score)),
      counts: rows.map((row) => Number(row.rows)),
      positives: rows.map(({ positives }) => Number(positives)),
    });
  }
  return { tensor: '', classes };
}

/** Estimates a classifier from the scores of all rows of each group. */
export async function estimateClassifier(
  query: Query,
  by: Grouping,
  calibrated: readonly CalibratedClass[],
): Promise<ReadonlyMap<string, ClassifierResult>> {
  const { estimateClassSums } = await import('@fairlead/drift');
  const groups = new Map<string, ScoreCells[]>();
  for (const index of calibrated.keys()) {
    const rows = await readCells(query, by, index, calibrated.length);
    for (const [name, cells] of Map.groupBy(rows, (row) => String(row.name))) {
      const found = groups.get(name) ?? [];
      groups.set(name, found);
      found.push({
        scores: cells.map(({ score }) => Number(score)),
        rows: cells.map(({ weight }) => Number(weight)),
        predicted: cells.map(({ predicted }) => Number(predicted)),
      });
    }
  }
  return new Map(
    [...groups].map(([name, cells]) => [name, { classes: estimateClassSums(calibrated, cells) }]),
  );
}

async function readCells(query: Query, by: Grouping, index: number, count: number) {
  const own = count === 1 ? 1 : index;
  return query(
    `SELECT ${groupSql[by]} AS name, floor((s${index} - low) / list_max([high - low, 1e-300]) * ${CELLS}) AS cell,
       sum(w * s${index}) / sum(w) AS score, sum(w) AS weight, coalesce(sum(w) FILTER (WHERE p = ${own}), 0) AS predicted
     FROM predictions, (SELECT min(s${index}) AS low, max(s${index}) AS high FROM predictions WHERE p IS NOT NULL)
     WHERE p IS NOT NULL GROUP BY ALL ORDER BY ALL`,
  );
}
