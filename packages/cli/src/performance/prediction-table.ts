import type { PredictionColumns } from './prediction-columns.ts';
import { quoteName } from './prediction-columns.ts';

/** Runs SQL, and resolves to its rows. */
export type Query = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Rows to join, of the views `captures` and `label_lines`. */
export interface PredictionSelection {
  /** Begin and end in milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  /** Column of the segments. */
  readonly segment: string | undefined;
  /** Smallest score with a positive prediction, of a binary classifier. */
  readonly threshold: number;
  /** Label of the positive class, of a binary classifier; without it 1 and true. */
  readonly positive: string | undefined;
}

const MAX_SEGMENTS = 50;

/**
 * Joins predictions with their last label into the table `predictions`: `day`, `segment`, `w` (weight), `delay` of the label in milliseconds, `replaced` labels,
 * `has_label`, `y` (true class or number; NULL without a usable label), `p` (predicted class or number) and for scores `s0`, `s1`, …
 *
 * A request that was captured twice counts twice; a label counts for every version that answered the request.
 */
export async function createPredictions(
  query: Query,
  columns: PredictionColumns,
  selection: PredictionSelection,
): Promise<void> {
  const { since, until, segment } = selection;
  const segmentSql =
    segment === undefined
      ? `NULL::VARCHAR`
      : `coalesce(CAST(c.${quoteName(segment)} AS VARCHAR), '(missing)')`;
  const { y, p, scores } = expressionsOf(columns, selection);
  // Digests of 128 bits in place of request ids, and numbers in place of structures, take less memory.
  await query(
    `CREATE TEMP TABLE last_labels AS
     SELECT md5_number(request_id) AS id, "row", max(observed_at) AS observed_at, count(*) AS labels,
       arg_max(label, CAST(observed_at AS HUGEINT) * ${2 ** 54} + received_at) AS label
     FROM label_lines WHERE request_id IS NOT NULL GROUP BY 1, 2`,
  );
  await query(
    `CREATE TEMP TABLE predictions AS
     SELECT strftime(r.time, '%Y-%m-%d') AS day, r.segment, r.w, r.delay, r.replaced, r.has_label, ${y} AS y, ${p} AS p ${scores
       .map((_, index) => `, r.s${index}`)
       .join('')}
     FROM (
       SELECT c.time, ${segmentSql} AS segment, c.weight AS w,
         l.observed_at - epoch_ms(c.time) AS delay,
         CAST(l.labels - 1 AS INTEGER) AS replaced,
         l.label IS NOT NULL AS has_label, l.label
         ${scores.map((sql, index) => `, ${sql} AS s${index}`).join('')}
         , ${columns.kind === 'scores' ? (columns.prediction ?? 'NULL') : 'NULL'} AS predicted
       FROM captures c LEFT JOIN last_labels l ON l.id = md5_number(c.request_id) AND l."row" = c."row"
       WHERE epoch_ms(c.time) >= ${since} AND epoch_ms(c.time) < ${until}
     ) r`,
  );
  if (segment === undefined) return;
  await query(
    `CREATE TEMP TABLE largest AS SELECT segment FROM predictions GROUP BY segment ORDER BY sum(w) DESC, segment LIMIT ${MAX_SEGMENTS}`,
  );
  await query(
    `UPDATE predictions SET segment = '(other)' WHERE segment NOT IN (SELECT segment FROM largest)`,
  );
}

interface Expressions {
  readonly y: string;
  readonly p: string;
  readonly scores: readonly string[];
}

function expressionsOf(
  columns: PredictionColumns,
  { threshold, positive }: PredictionSelection,
): Expressions {
  if (columns.kind === 'number') {
    const scores = [`CAST(${columns.prediction} AS DOUBLE)`];
    return { y: finite('try_cast(r.label AS DOUBLE)'), p: finite('r.s0'), scores };
  }
  if (columns.kind === 'class') {
    // Numbers as texts: 1 and 1.0 are the same class.
    return {
      y: classText('r.label'),
      p: classText('r.s0'),
      scores: [`CAST(${columns.prediction} AS VARCHAR)`],
    };
  }
  const scores = columns.scores.map((sql) => `CAST(${sql} AS DOUBLE)`);
  const names = scores.map((_, index) => `r.s${index}`);
  const areKnown = names.map((name) => `isfinite(${name})`).join(' AND ');
  if (columns.classes.length === 1) {
    const isPositive = positiveSql(columns, positive);
    const predicted =
      columns.prediction === undefined
        ? `CAST(r.s0 >= ${threshold} AS INTEGER)`
        : isPositive(PREDICTED);
    return {
      y: isPositive('r.label'),
      p: `CASE WHEN ${areKnown} THEN ${predicted} END`,
      scores,
    };
  }
  const labels = `[${columns.classes.map(quoteText).join(', ')}]`;
  // NULL for a label that is no class.
  const indexOf = (label: string): string =>
    `nullif(coalesce(list_position(${labels}, ${classText(label)}), 0), 0) - 1`;
  const predicted =
    columns.prediction === undefined
      ? `list_position([${names.join(', ')}], list_max([${names.join(', ')}])) - 1`
      : indexOf(PREDICTED);
  return {
    y: indexOf('r.label'),
    p: `CASE WHEN ${areKnown} THEN ${predicted} END`,
    scores,
  };
}

/** Label that the version predicted. */
const PREDICTED = 'CAST(r.predicted AS VARCHAR)';

/** Returns the expression of 1 for the positive class and 0 for the other; NULL for a label that is none. */
function positiveSql(
  { classes: [name = ''], negative }: Extract<PredictionColumns, { readonly kind: 'scores' }>,
  positive: string | undefined,
): (label: string) => string {
  const places = new Map([
    [name, 1],
    [negative ?? '', 0],
  ]);
  if (negative !== undefined && !(places.get('1') === 1 && places.get('0') === 0)) {
    return (label) =>
      `CASE ${classText(label)} WHEN ${quoteText(name)} THEN 1 WHEN ${quoteText(negative)} THEN 0 END`;
  }
  return (label) =>
    positive === undefined || negative !== undefined
      ? `CASE WHEN lower(${label}) IN ('1', '1.0', 'true') THEN 1 WHEN lower(${label}) IN ('0', '0.0', 'false') THEN 0 END`
      : `CASE WHEN ${label} IS NOT NULL THEN CAST(${classText(label)} = ${quoteText(positive)} AS INTEGER) END`;
}

function classText(sql: string): string {
  return `regexp_replace(${sql}, '^(-?[0-9]+)\\.0$', '\\1')`;
}

function finite(sql: string): string {
  return `CASE WHEN isfinite(${sql}) THEN ${sql} END`;
}

/** Quotes a text in SQL. */
function quoteText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
