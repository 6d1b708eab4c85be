import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { fileError } from '../read-file.ts';

/** Table of a Parquet file: the names of its columns, and its rows, read a row group at a time. */
export interface ParquetTable {
  readonly columns: readonly string[];
  /** Rows of the file, by its metadata. */
  readonly rows: number;
  /** Yields the cells of each row in the order of the columns. */
  readonly read: () => AsyncGenerator<readonly unknown[], void, undefined>;
}

/** Beside Snappy, which the library reads itself; LZ4 isn't in Node.js. */
const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliDecompressSync(bytes)),
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes)),
};

const FORMAT = 'a Parquet file (uncompressed, Snappy, gzip, Brotli or Zstandard)';

/** Index that pandas stores beside the columns of a table. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/**
 * Opens a Parquet file; columns of lists and structures are left out.
 *
 * @throws CliError `ERR_CLI_FILE` if it isn't a Parquet file, is damaged, or has another compression; the error of `node:fs`
 */
export async function openParquetTable(path: string): Promise<ParquetTable> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet');
  const file = await asyncBufferFromFile(path);
  const metadata = await attempt(path, () => parquetMetadataAsync(file));
  const [root, ...elements] = metadata.schema;
  const isFlat = elements.length === root?.num_children;
  const columns = (isFlat ? elements : topLevel(elements))
    .filter(
      ({ type, repetition_type: repetition }) => type !== undefined && repetition !== 'REPEATED',
    )
    .map(({ name }) => name)
    .filter((name) => !PANDAS_INDEX.test(name));
  return {
    columns,
    rows: Number(metadata.num_rows),
    async *read() {
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows);
        const chunks = new Map<string, ArrayLike<unknown>>();
        const range = { columns: [...columns], rowStart, rowEnd };
        await attempt(path, () =>
          parquetRead({
            ...{ ...range, file, metadata, compressors },
            onChunk: ({ columnName, columnData }) => chunks.set(columnName, columnData),
          }),
        );
        const cells = columns.map((name) => chunks.get(name) ?? []);
        for (let row = 0; row < rowEnd - rowStart; row += 1) yield cells.map((data) => data[row]);
        rowStart = rowEnd;
      }
    },
  };
}

async function attempt<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw fileError(path, FORMAT, cause);
  }
}

/** Returns the columns of a schema, which is a tree in depth-first order. */
function topLevel<T extends { readonly num_children?: number | undefined }>(
  elements: readonly T[],
): readonly T[] {
  const found: T[] = [];
  for (let index = 0; index < elements.length;) {
    const element = elements[index];
    if (element !== undefined) found.push(element);
    for (let open = 1; open > 0 && index < elements.length; index += 1) {
      open += (elements[index]?.num_children ?? 0) - 1;
    }
  }
  return found;
}
