import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedColumn } from '@fairlead/capture';
import { encodeBinaryTensor, type Tensor } from '@fairlead/signature';
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
  ['data that is no Base64', { tensors: [{ shape: [1, 2], data: data.replaceAll('A', '*') }] }],
  ['no shape', { tensors: [{ data }] }],
  ['more elements than fit into memory', { tensors: [{ shape: [1, 2 ** 50], data }] }],
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

test('every request keeps its values beside ten thousand others in a file', async () => {
  const datatypes = ['FP32', 'INT64', 'UINT8', 'BOOL', 'FP16', 'BYTES'] as const;
  const columns = datatypes.map((datatype): CapturedColumn => ({
    ...{ name: `input_${datatype}`, side: 'input', tensor: datatype, feature: null },
    ...{ datatype, depth: 0, batched: true },
  }));
  const encoded = (tensor: Tensor) => ({
    shape: tensor.shape,
    data: Buffer.from(encodeBinaryTensor(tensor)).toString('base64'),
  });
  const shape = [1];
  const requestOf = (index: number) => ({
    ...{ ...request, requestId: String(index) },
    tensors: [
      encoded({ name: '', datatype: 'FP32', shape, data: Float32Array.of(index / 2) }),
      encoded({ name: '', datatype: 'INT64', shape, data: BigInt64Array.of(BigInt(-index)) }),
      encoded({ name: '', datatype: 'UINT8', shape, data: Uint8Array.of(index % 256) }),
      encoded({ name: '', datatype: 'BOOL', shape, data: Uint8Array.of(index % 2) }),
      // 1024 + n is 0x6400 + n in half precision.
      encoded({ name: '', datatype: 'FP16', shape, data: Uint16Array.of(0x6400 + (index % 1024)) }),
      encoded({ name: '', datatype: 'BYTES', shape, data: [Buffer.from(`ü${index}`)] }),
    ],
  });
  const count = 10_001;
  const content = [
    JSON.stringify({ format: 2, schema: 0, of: { model: 'm', version: '1', columns } }),
    ...Array.from({ length: count }, (_, at) =>
      JSON.stringify({ schema: 0, request: requestOf(at) }),
    ),
  ].join('\n');
  const { entries, invalid } = await readSpool(spoolFile(content));
  expect([entries.length, invalid]).toEqual([count, 0]);
  for (const [at, { request: read }] of entries.entries()) {
    const values = columns.map((_, index) => read.values.at(index, 0));
    expect(values).toEqual([
      ...[at / 2, BigInt(-at), at % 256, at % 2 === 1, 1024 + (at % 1024), `ü${at}`],
    ]);
  }
});

test('lines of a format of a later release count as lines that cannot be read', async () => {
  const lines = [
    { format: 3, schema: 0, of: { model: 'm', version: '1', columns: [column] } },
    { schema: 0, request },
  ];
  const content = lines.map((line) => JSON.stringify(line)).join('\n');
  expect(await readSpool(spoolFile(content))).toEqual({ entries: [], invalid: 2 });
});
