import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer, parquetWriteFile } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { openParquetTable } from '../../src/tables/parquet-table.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliCompressSync(bytes)),
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes)),
};
const values = Array.from({ length: 500 }, (_, index) => index / 4);
const columnData = [
  { name: 'x', data: values, type: 'DOUBLE' },
  { name: 'city', data: values.map((value) => (value > 100 ? null : 'Łódź')), type: 'STRING' },
] as const;

async function readAll(path: string) {
  const table = await openParquetTable(path);
  const rows: (readonly unknown[])[] = [];
  for await (const row of table.read()) rows.push(row);
  return { ...table, cells: rows };
}

test.each(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD'] as const)(
  'reads a table with the compression %s',
  async (codec) => {
    const filename = join(temporaryFolder(), 'table.parquet');
    parquetWriteFile({
      ...{ filename, codec, compressors, rowGroupSize: 200 },
      columnData: columnData.map((column) => ({ ...column, data: [...column.data] })),
    });
    const { columns, rows, cells } = await readAll(filename);
    expect(columns).toEqual(['x', 'city']);
    expect(rows).toBe(500);
    expect(cells).toEqual(values.map((value) => [value, value > 100 ? null : 'Łódź']));
  },
);

test('leaves out lists, structures and the index of pandas', async () => {
  const filename = join(temporaryFolder(), 'table.parquet');
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'list', data: [[1, 2], [3]] },
      { name: 'x', data: [1, 2] },
      { name: '__index_level_0__', data: [1, 2] },
    ],
    schema: [
      { name: 'root', num_children: 3 },
      { name: 'list', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', type: 'DOUBLE' },
      { name: 'x', repetition_type: 'REQUIRED', type: 'INT32' },
      { name: '__index_level_0__', repetition_type: 'REQUIRED', type: 'INT32' },
    ],
  });
  expect(await readAll(filename)).toMatchObject({ columns: ['x'], cells: [[1], [2]] });
});

test('a file that is cut off or something else is an error', async () => {
  const folder = temporaryFolder();
  const bytes = new Uint8Array(
    parquetWriteBuffer({ columnData: [{ name: 'x', data: [1, 2], type: 'DOUBLE' }] }),
  );
  for (const [name, content] of Object.entries({
    cut: bytes.subarray(0, bytes.length - 3),
    text: 'x\n1\n',
    empty: '',
  })) {
    const path = join(folder, `${name}.parquet`);
    writeFileSync(path, content);
    await expect(readAll(path), name).rejects.toMatchObject({
      code: 'ERR_CLI_FILE',
      message: expect.stringContaining(`cannot use ${path} as a Parquet file`) as string,
    });
  }
});
