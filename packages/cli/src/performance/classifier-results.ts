import type { ClassifierResult, ClassSums } from '@fairlead/drift';
import { groupSql, type Grouping, KNOWN } from './read-counts.ts';
import type { Query } from './prediction-table.ts';

/** Classes, and whether there are scores of them: one column for each, or one for the positive of two classes. */
export interface Classes {
  readonly labels: readonly string[];
  readonly hasScores: boolean;
}

/** Smallest probability of a logarithm, as scikit-learn has it. */
const EPSILON = 2 ** -52;

/** Lists the classes of predictions without scores: those of labels and predictions. */
export async function readClasses(query: Query): Promise<readonly string[]> {
  const rows = await query(
    `SELECT DISTINCT name FROM (SELECT y AS name FROM predictions UNION ALL SELECT p FROM predictions) WHERE name IS NOT NULL ORDER BY name`,
  );
  return rows.map(({ name }) => String(name));
}

/** Measures a classifier by the rows with labels of each group. */
export async function measureClassifier(
  query: Query,
  by: Grouping,
  { labels, hasScores }: Classes,
): Promise<ReadonlyMap<string, ClassifierResult>> {
  const isBinary = hasScores && labels.length === 1;
  const rows = await query(
    `SELECT ${groupSql[by]} AS name, CAST(y AS VARCHAR) AS y, CAST(p AS VARCHAR) AS p, sum(w) AS weight
     FROM predictions WHERE ${KNOWN} GROUP BY ALL`,
  );
  const areas = hasScores ? await readAreas(query, by, labels) : new Map<string, Area>();
  const losses = hasScores ? await readLosses(query, by, labels.length) : new Map<string, Losses>();
  const groups = Map.groupBy(rows, ({ name }) => String(name));
  return new Map(
    [...groups].map(([name, cells]) => {
      const classes = labels.map((label, index): ClassSums => {
        // With scores y and p are the places of the classes, for two classes 1 and 0.
        const own = !hasScores ? label : isBinary ? '1' : String(index);
        const sum = (isLabel: boolean, isPredicted: boolean): number =>
          cells
            .filter(({ y, p }) => (y === own) === isLabel && (p === own) === isPredicted)
            .reduce((total, { weight }) => total + Number(weight), 0);
        return {
          label,
          truePositives: sum(true, true),
          falsePositives: sum(false, true),
          trueNegatives: sum(false, false),
          falseNegatives: sum(true, false),
          ...(areas.get(`${index} ${name}`) ?? { rocAuc: NaN, rocAucDeviation: NaN }),
        };
      });
      return [name, { classes, ...losses.get(name) }];
    }),
  );
}

interface Area {
  readonly rocAuc: number;
  readonly rocAucDeviation: number;
}

/** Areas under the ROC curves, by class and group; rows with equal scores count as half. */
async function readAreas(
  query: Query,
  by: Grouping,
  labels: readonly string[],
): Promise<ReadonlyMap<string, Area>> {
  const areas = new Map<string, Area>();
  for (const index of labels.keys()) {
    const own = labels.length === 1 ? 1 : index;
    const rows = await query(
      `WITH cells AS (
         SELECT ${groupSql[by]} AS name, s${index} AS score,
           coalesce(sum(w) FILTER (WHERE y = ${own}), 0) AS pos, coalesce(sum(w) FILTER (WHERE y <> ${own}), 0) AS neg
         FROM predictions WHERE ${KNOWN} GROUP BY ALL
       ), places AS (
         SELECT name, pos, neg,
           sum(neg) OVER ahead - neg / 2 AS below, sum(pos) OVER ahead - pos / 2 AS positives_below
         FROM cells WINDOW ahead AS (PARTITION BY name ORDER BY score ROWS UNBOUNDED PRECEDING)
       )
       SELECT name, sum(pos) AS pos, sum(neg) AS neg, sum(pos * below) AS area, sum(pos * below * below) AS squares,
         sum(neg * positives_below * positives_below) AS negative_squares
       FROM places GROUP BY name`,
    );
    for (const row of rows) areas.set(`${index} ${String(row.name)}`, areaOf(row));
  }
  return areas;
}

/** The standard error is that of the rarer kind of rows, as in `samplingErrors`. */
function areaOf(row: Readonly<Record<string, unknown>>): Area {
  const [pos, neg] = [Number(row.pos), Number(row.neg)];
  const rocAuc = Number(row.area) / (pos * neg);
  const isRare = pos <= neg;
  const squares = isRare
    ? Number(row.squares) / (pos * neg ** 2)
    : Number(row.negative_squares) / (neg * pos ** 2);
  const mean = isRare ? rocAuc : 1 - rocAuc;
  const variance = Math.max(0, squares - mean * mean);
  return { rocAuc, rocAucDeviation: Math.sqrt((variance * (pos + neg)) / Math.min(pos, neg)) };
}

interface Losses {
  readonly logLoss: number;
  readonly brier: number;
}

/** Losses of scores that are probabilities; none where a score of the group isn't one. */
async function readLosses(
  query: Query,
  by: Grouping,
  count: number,
): Promise<ReadonlyMap<string, Losses>> {
  const scores = Array.from({ length: count }, (_, index) => `s${index}`);
  const own =
    count === 1
      ? 'CASE WHEN y = 1 THEN s0 ELSE 1 - s0 END'
      : `[${scores.join(', ')}][CAST(y AS INTEGER) + 1]`;
  const brier =
    count === 1
      ? '(s0 - y) * (s0 - y)'
      : scores.map((score, index) => `(${score} - CAST(y = ${index} AS INTEGER)) ** 2`).join(' + ');
  const rows = await query(
    `SELECT ${groupSql[by]} AS name, sum(w) AS weight,
       sum(w * -ln(list_min([1.0 - ${EPSILON}, list_max([${EPSILON}, ${own}])]))) AS log_loss, sum(w * (${brier})) AS brier,
       min(list_min([${scores.join(', ')}])) AS lowest, max(list_max([${scores.join(', ')}])) AS highest
     FROM predictions WHERE ${KNOWN} GROUP BY 1`,
  );
  return new Map(
    rows
      .filter(({ lowest, highest }) => Number(lowest) >= 0 && Number(highest) <= 1)
      .map(({ name, weight, log_loss: loss, brier: squares }) => [
        String(name),
        { logLoss: Number(loss) / Number(weight), brier: Number(squares) / Number(weight) },
      ]),
  );
}
