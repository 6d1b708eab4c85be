import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedColumn } from '@fairlead/capture';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { convertSpool } from '../../../src/parquet/convert-spool.ts';
import { readSpool } from '../../../src/parquet/spooled/read-spool.ts';
import { readParquet } from '../../support/read-parquet.ts';

/** Lines that the first releases wrote, with numbers as text. */
const listed = String.raw`{"format":1,"schema":0,"of":{"model":"m","version":"1","columns":[{"name":"input_a","side":"input","tensor":"x","feature":0,"datatype":"FP32","depth":0,"batched":true},{"name":"input_c","side":"input","tensor":"x","feature":2,"datatype":"FP32","depth":0,"batched":true},{"name":"input_id","side":"input","tensor":"id","feature":null,"datatype":"INT64","depth":0,"batched":true},{"name":"input_blob","side":"input","tensor":"blob","feature":null,"datatype":"BYTES","depth":0,"batched":true},{"name":"input_flag","side":"input","tensor":"flag","feature":null,"datatype":"BOOL","depth":0,"batched":false},{"name":"output_y","side":"output","tensor":"y","feature":null,"datatype":"FP64","depth":1,"batched":true},{"name":"output_z","side":"output","tensor":"z","feature":null,"datatype":"FP64","depth":0,"batched":true}]}}
{"schema":0,"request":{"requestId":"a","at":7,"durationMs":2.5,"rows":2,"weight":1,"variant":"b","routingKey":"u","values":[[0.5,"-0"],["NaN","-Infinity"],["-9223372036854775808","1"],["Ł",{"base64":"/w=="}],true,[[0.1,"Infinity"],[3,4]],null]}}
`;

function spoolFile(content: string): string {
  const path = join(temporaryFolder({ inMemory: true }), 'x.jsonl');
  writeFileSync(path, content);
  return path;
}

test('a file that an earlier release left is stored with the values that it has', async () => {
  const { objects, invalid } = await convertSpool({ id: 'x', path: spoolFile(listed) });
  expect(invalid).toBe(0);
  const facts = { duration_ms: 2.5, variant: 'b', routing_key: 'u', input_flag: true };
  const rows = await readParquet(objects[0]?.body ?? new Uint8Array(0));
  expect(rows).toMatchObject([
    {
      ...{ ...facts, row: 0, input_a: 0.5, input_c: NaN, input_id: -(2n ** 63n), output_z: null },
      ...{ input_blob: 'Ł', input_blob_binary: null, output_y: [0.1, Infinity] },
    },
    {
      ...{ ...facts, row: 1, input_a: -0, input_c: -Infinity, input_id: 1n, output_z: null },
      ...{ input_blob: null, output_y: [3, 4] },
    },
  ]);
});

const column: CapturedColumn = {
  ...{ name: 'input_x', side: 'input', tensor: 'x', feature: null },
  ...{ datatype: 'FP32', depth: 1, batched: true },
};
const request = { requestId: 'a', at: 0, durationMs: 1, rows: 1, weight: 1 };
const data = Buffer.from(Float32Array.of(1, 2).buffer).toString('base64');

test.each([
  ['data that was cut off', { tensors: [{ shape: [1, 2], data: data.slice(0, -4) }] }],
  ['other rows', { tensors: [{ shape: [2, 1], data }] }],
  ['another rank', { tensors: [{ shape: [1, 2, 1], data }] }],
  ['no data', { tensors: [{ shape: [1, 2] }] }],
  ['no tensors', { values: [[[1, 2]]] }],
])('a line of a tensor with %s counts as one that cannot be read', async (_, values) => {
  const of = { model: 'm', version: '1', columns: [column] };
  const lines = [
    { format: 2, schema: 0, of },
    { schema: 0, request: { ...request, ...values } },
    { schema: 0, request: { ...request, tensors: [{ shape: [1, 2], data }] } },
    { schema: 0, request: { ...request, tensors: [null] } },
  ];
  const content = lines.map((line) => JSON.stringify(line)).join('\n');
  const { entries, invalid } = await readSpool(spoolFile(content));
  expect(invalid).toBe(1);
  expect(entries.map((each) => each.request.values.at(0, 0))).toEqual([[1, 2], null]);
});

test('lines of a format of a later release count as lines that cannot be read', async () => {
  const lines = [
    { format: 3, schema: 0, of: { model: 'm', version: '1', columns: [column] } },
    { schema: 0, request },
  ];
  const content = lines.map((line) => JSON.stringify(line)).join('\n');
  expect(await readSpool(spoolFile(content))).toEqual({ entries: [], invalid: 2 });
});
