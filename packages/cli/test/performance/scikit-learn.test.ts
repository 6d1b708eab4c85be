import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PerformanceGroup } from '@fairlead/drift';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import type { PredictionColumns } from '../../src/performance/prediction-columns.ts';
import type { Query } from '../../src/performance/prediction-table.ts';
import { reportFromCaptures } from '../../src/performance/report-performance.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));

interface Row {
  readonly scores: readonly number[];
  readonly label: string | number;
  readonly weight: number;
  readonly plan: string;
}

/** Numbers from 0 to below 1, always the same. */
function* numbers(): Generator<number, never> {
  let state = 1;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

const random = numbers();
const next = (): number => random.next().value;
const rowsOf = (make: (u: number) => Pick<Row, 'scores' | 'label'>): readonly Row[] =>
  Array.from({ length: 3000 }, (_, index) => ({
    ...make(next()),
    weight: index % 3 === 0 ? 10 : 2.5,
    plan: index % 2 === 0 ? 'basic' : 'pro',
  }));

// Two digits: many scores are equal.
const binary = rowsOf((u) => {
  const score = Math.round(u * 100) / 100;
  return { scores: [score], label: next() < score ** 1.5 ? 1 : 0 };
});
const classes = ['a', 'b', 'c'];
const several = rowsOf((u) => {
  const [a, b, c] = [u, next(), next()];
  const sum = a + b + c;
  const label = next() < 0.6 ? [a, b, c].indexOf(Math.max(a, b, c)) : Math.floor(next() * 3);
  return { scores: [a / sum, b / sum, c / sum], label: classes[label] ?? '' };
});
const regression = rowsOf((u) => ({ scores: [100 * u], label: 100 * u + 10 * (next() - 0.4) }));

/** Reports rows that all have labels. */
async function report(columns: PredictionColumns, rows: readonly Row[]) {
  const folder = temporaryFolder();
  const file = join(folder, 'rows.json');
  writeFileSync(file, JSON.stringify(rows));
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const query: Query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS();
  await query(
    `CREATE TABLE captures AS SELECT 'r' || row_number() OVER () AS request_id, 0 AS "row", TIMESTAMP '2026-11-28 10:00:00' AS time,
       weight, plan AS input_plan, scores AS output_scores, scores[1] AS output_score, label
     FROM read_json('${file}', columns = {scores: 'DOUBLE[]', label: 'VARCHAR', weight: 'DOUBLE', plan: 'VARCHAR'})`,
  );
  await query(
    `CREATE TABLE all_label_lines AS SELECT false AS lacks_row, request_id, "row", label, epoch_ms(time) + 3600000 AS observed_at, epoch_ms(time) + 3600000 AS received_at FROM captures`,
  );
  await query('CREATE VIEW label_lines AS SELECT * FROM all_label_lines');
  const found = await reportFromCaptures(query, columns, {
    ...{ since: 0, until: 8e15, segment: 'input_plan', segmentName: 'plan', threshold: 0.5 },
    ...{ positive: undefined, calibration: undefined, trained: {}, minLabels: undefined },
  });
  connection.closeSync();
  database.closeSync();
  return { found, arguments: (plan: string) => [file, columns.kind, plan] };
}

const program = `
import json, sys, warnings
import numpy as np
from sklearn import metrics as m
warnings.simplefilter('ignore')
def measure(file, kind, plan):
    rows = [r for r in json.load(open(file)) if plan in ('all', r['plan'])]
    w = np.array([r['weight'] for r in rows])
    s = np.array([r['scores'] for r in rows])
    y = np.array([r['label'] for r in rows])
    if kind == 'number':
        s = s[:, 0]
        return dict(mae=m.mean_absolute_error(y, s, sample_weight=w), rmse=m.root_mean_squared_error(y, s, sample_weight=w), r2=m.r2_score(y, s, sample_weight=w))
    if s.shape[1] == 1:
        p, average, s = (s[:, 0] >= 0.5).astype(int), 'binary', s[:, 0]
    else:
        p, average = np.array(['a', 'b', 'c'])[s.argmax(axis=1)], 'macro'
    each = dict(average=average, sample_weight=w)
    return dict(accuracy=m.accuracy_score(y, p, sample_weight=w), precision=m.precision_score(y, p, **each), recall=m.recall_score(y, p, **each), f1=m.f1_score(y, p, **each),
        rocAuc=m.roc_auc_score(y, s, sample_weight=w, multi_class='ovr'), logLoss=m.log_loss(y, s, sample_weight=w), brier=m.brier_score_loss(y, s, sample_weight=w))
print(json.dumps([{k: float(v) for k, v in measure(*each).items()} for each in json.loads(sys.argv[1])]))
`;

type Metrics = Readonly<Record<string, number>>;

/** Measures several sets of rows in one process. */
function scikitLearn(calls: readonly (readonly string[])[]): readonly Metrics[] {
  const text = execFileSync(python, ['-c', program, JSON.stringify(calls)], { encoding: 'utf8' });
  return JSON.parse(text) as readonly Metrics[];
}

function expectEqual(group: PerformanceGroup | undefined, expected: Metrics | undefined): void {
  expect(group?.basis).toBe('measured');
  const found = new Map(group?.measured?.map(({ name, value }) => [name, value]));
  expect(Object.keys(expected ?? {}).length).toBeGreaterThan(2);
  for (const [name, value] of Object.entries(expected ?? {})) {
    expect(Math.abs((found.get(name) ?? NaN) - value), name).toBeLessThan(
      1e-9 * Math.max(1, value),
    );
  }
}

test('metrics of two classes, of three and of numbers, with weights, are those of scikit-learn', async () => {
  const reports = [
    await report({ kind: 'scores', classes: ['1'], scores: ['output_score'] }, binary),
    await report(
      { kind: 'scores', classes, scores: classes.map((_, at) => `output_scores[${at + 1}]`) },
      several,
    ),
    await report({ kind: 'number', prediction: 'output_score' }, regression),
  ];
  const plans = ['all', 'pro'];
  const expected = scikitLearn(reports.flatMap((each) => plans.map(each.arguments)));
  for (const [index, { found }] of reports.entries()) {
    expectEqual(found.total, expected[2 * index]);
    expectEqual(
      found.segments.find(({ name }) => name === 'pro'),
      expected[2 * index + 1],
    );
    expect(found.days.map(({ name, rows }) => [name, rows])).toEqual([['2026-11-28', 3000]]);
  }
});

test('estimates by the labels of the same rows are close to what is measured', async () => {
  const columns = { kind: 'scores', classes: ['1'], scores: ['output_score'] } as const;
  const { found } = await report(columns, binary);
  expect(found.calibratedBy).toBe('labels');
  const measured = new Map(found.total.measured?.map(({ name, value }) => [name, value]));
  for (const { name, value } of found.total.estimated ?? []) {
    expect(Math.abs(value - (measured.get(name) ?? NaN)), name).toBeLessThan(0.03);
  }
});
