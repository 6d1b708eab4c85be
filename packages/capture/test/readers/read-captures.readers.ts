import { captureFolder, LabelStore, openCapture } from '@fairlead/capture';
import { deleteCaptures, parquetSink } from '@fairlead/capture/parquet';
import { temporaryFolder } from '@fairlead/test-support';
import { beforeAll, expect, test } from 'vitest';
import { inference, signature } from '../support/churn.ts';
import { datatypeRequest, datatypeValues } from '../support/datatype-values.ts';
import { installReaders, loadDuckDb, runPython } from './install-readers.ts';

beforeAll(installReaders);

const afternoon = Date.UTC(2026, 10, 28, 16, 59, 59, 999);

/** Prints the rows of a data set as JSON, each value as the text that JavaScript has for it. */
const printRows = `
import datetime, json, math, sys
import pyarrow.dataset as ds
def text(v):
    if v is None: return None
    if isinstance(v, list): return [text(each) for each in v]
    if isinstance(v, bool): return 'true' if v else 'false'
    if isinstance(v, datetime.datetime): return str(round(v.timestamp() * 1000))
    if isinstance(v, bytes): return v.hex()
    if isinstance(v, float):
        if math.isnan(v): return 'NaN'
        if math.isinf(v): return 'Infinity' if v > 0 else '-Infinity'
        if v == 0: return '-0' if math.copysign(1, v) < 0 else '0'
        return str(int(v)) if v.is_integer() else repr(v)
    return str(v)
table = ds.dataset(sys.argv[1], partitioning='hive').to_table()
print(json.dumps([{k: text(v) for k, v in row.items()} for row in table.to_pylist()]))
`;

type TextValue = string | null | readonly TextValue[];

function asText(value: unknown): TextValue {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(asText);
  if (value instanceof Date) return String(value.getTime());
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  const single = value as string | number | bigint | boolean;
  return Object.is(single, -0) ? '-0' : single.toString();
}

async function capture() {
  const root = temporaryFolder();
  const objects = captureFolder(root);
  const recorder = await openCapture({
    spoolFolder: temporaryFolder(),
    sink: parquetSink({ objects }),
    signatureOf: ({ model }) => (model === 'churn' ? signature : datatypeRequest.signature),
    share: 1,
  });
  const { tensors: inputs, lists: outputs } = datatypeRequest;
  const all = { model: 'a/b = 50 %', version: '1' };
  recorder.record(inference('all', { inputs, outputs, at: afternoon, label: all }));
  recorder.record(inference('a', { rows: 2, at: afternoon }));
  recorder.record(inference('b', { at: afternoon + 1 }));
  recorder.record(inference('c', { at: afternoon + 1 }));
  await recorder.close();
  return { root, objects };
}

type Row = Readonly<Record<string, TextValue>>;

function expectRows(rows: readonly Row[]): void {
  const sorted = (id: string): readonly Row[] =>
    rows
      .filter((row) => row.request_id === id)
      .sort((left, right) => Number(left.row) - Number(right.row));
  const all = sorted('all');
  for (const [{ datatype }, expected] of datatypeValues) {
    const found = all.map((row) => row[`input_${datatype}`]);
    expect(found, datatype).toEqual(expected.map(asText));
    const list = all[1]?.[`output_list_${datatype}`];
    expect(list, datatype).toEqual([expected.map((value) => [asText(value)])]);
  }
  expect(all[0]).toMatchObject({ model: 'a/b = 50 %', hour: '16', time: String(afternoon) });
  expect(sorted('a')).toMatchObject([
    { input_city: 'Łódź 0', input_age: '30', output_scores: ['0.25', '0.75'], weight: '1' },
    { input_city: 'Łódź 1', input_age: '31', variant: null, version: '3' },
  ]);
  expect(sorted('b')).toMatchObject([{ hour: '17' }]);
}

test('PyArrow reads every datatype as it was captured, also after a deletion', async () => {
  const { root, objects } = await capture();
  // PyArrow takes the schema of the first file for all.
  const read = (): readonly Row[] =>
    ['a%2Fb%20%3D%2050%20%25', 'churn'].flatMap((model) => {
      const rows = JSON.parse(runPython(printRows, `${root}/captures/model=${model}`)) as Row[];
      return rows.map((row) => ({ ...row, model: decodeURIComponent(model) }));
    });
  expectRows(read());
  expect(await deleteCaptures({ objects, values: ['c'] })).toMatchObject({ rows: 1 });
  const rest = read();
  expectRows(rest);
  expect(rest.filter(({ request_id }) => request_id === 'c')).toEqual([]);
});

test('DuckDB reads every datatype as it was captured, and joins labels', async () => {
  const { root, objects } = await capture();
  const labels = new LabelStore({ objects });
  await labels.add('churn', [{ requestId: 'a', row: 1, label: 'stays', observedAt: 1 }]);
  await labels.add('churn', [{ requestId: 'a', row: 1, label: 'leaves', observedAt: 2 }]);
  const { DuckDBInstance } = await loadDuckDb();
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const query = async (sql: string): Promise<readonly Row[]> => {
    const rows = (await connection.runAndReadAll(sql)).getRowObjectsJS();
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value)])),
    );
  };
  const captures = `read_parquet('${root}/captures/**/*.parquet', hive_partitioning = true, union_by_name = true)`;
  expectRows(await query(`SELECT * FROM ${captures}`));
  const joined = await query(`
    SELECT c.request_id, c.row, l.label FROM ${captures} c JOIN (
      SELECT request_id, row, arg_max(label, observed_at) AS label
      FROM read_json('${root}/labels/model=churn/*/*.jsonl') GROUP BY ALL
    ) l USING (request_id, row)`);
  expect(joined).toEqual([{ request_id: 'a', row: '1', label: 'leaves' }]);
});
