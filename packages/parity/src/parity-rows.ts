import { open } from 'node:fs/promises';
import {
  createSignatureCheck,
  decodeTensor,
  decodeText,
  type GoldenExample,
  type JsonTensor,
  parseJson,
  readCsv,
  recordsTable,
  type Signature,
  type Table,
  tableRequests,
} from '@fairlead/signature';
import { checkIntegers, checkList, checkOptions } from './check-options.ts';
import { ParityError } from './parity-error.ts';

/** Rows of one request to a model. */
export interface ParityRows {
  readonly inputs: readonly JsonTensor[];
  /** Outputs of the original, where they are known. */
  readonly expected?: readonly JsonTensor[];
}

/** Settings of {@link readParityRows}. */
export interface ParityRowsOptions {
  /**
   * Maximum number of rows in one request, for tables.
   *
   * @defaultValue 256
   */
  readonly rowsPerRequest?: number;
  /**
   * Maximum size of the file, in bytes.
   *
   * @defaultValue 268435456 (256 MiB)
   */
  readonly maxBytes?: number;
}

const optionNames = { rowsPerRequest: 'optional', maxBytes: 'optional' } as const;

/**
 * Makes requests of the golden examples of a version, with their expected outputs.
 *
 * @throws ParityError `ERR_PARITY_INVALID_OPTION` without a list of golden examples
 *
 * @example
 * ```ts
 * import { goldenParityRows } from '@fairlead/parity';
 *
 * goldenParityRows({ goldenExamples: [{ inputs: [], outputs: [] }] }); // [{ inputs: [], expected: [] }]
 * ```
 */
export function goldenParityRows(manifest: {
  readonly goldenExamples: readonly GoldenExample[];
}): readonly ParityRows[] {
  const given = (manifest as typeof manifest | undefined)?.goldenExamples;
  return checkList('goldenParityRows: goldenExamples', given).map(({ inputs, outputs }) => ({
    inputs,
    expected: outputs,
  }));
}

/**
 * Reads rows for a comparison from a file, and checks each request against the signature.
 *
 * The extension decides the format: `.csv` is a table, whose first line may name features or inputs (`header: 'detect'` of
 * `readCsv`); `.jsonl` and `.ndjson` hold one captured V2 request per line; `.json` holds one request, a list of requests, or
 * a list of `{feature: value}`. Cells are read by `tableTensors` of `@fairlead/signature`. The `outputs` of a request that have
 * data are the expected outputs; columns that no input needs are ignored.
 *
 * @throws ParityError `ERR_PARITY_INVALID_ROWS` naming the line, the column and the problem; `ERR_PARITY_ROWS_UNREADABLE`;
 * `ERR_PARITY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { readParityRows } from '@fairlead/parity';
 *
 * const signature = { inputs: [{ name: 'age', datatype: 'FP32', shape: [-1] }], outputs: [] } as const;
 * writeFileSync('rows.csv', 'age\n41\n42\n');
 * const [request] = await readParityRows('rows.csv', signature); // one request of two rows
 * ```
 */
export async function readParityRows(
  file: string,
  signature: Signature,
  options: ParityRowsOptions = {},
): Promise<readonly ParityRows[]> {
  const { rowsPerRequest = 256, maxBytes = 256 * 1024 * 1024 } = checkOptions(
    'readParityRows',
    options,
    optionNames,
  );
  checkIntegers({ rowsPerRequest, maxBytes });
  const { inputs } = (signature as Partial<Signature> | undefined) ?? {};
  checkList('readParityRows: inputs of the signature', inputs);
  const text = await readText(file, maxBytes);
  const fromTable = (table: Table): readonly ParityRows[] =>
    tableRequests(table, signature, rowsPerRequest).map((inputs) => ({ inputs }));
  try {
    const rows = readRows(file, text, signature, fromTable);
    if (rows.length === 0) throw new Error('it has no rows');
    const check = createSignatureCheck(signature.inputs);
    for (const [index, { inputs, expected = [] }] of rows.entries()) {
      at(`request ${index + 1}`, () => {
        check(inputs.map(decodeTensor));
        expected.forEach(decodeTensor);
      });
    }
    return rows;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError('ERR_PARITY_INVALID_ROWS', `cannot use the rows of ${file}: ${why}`, {
      cause,
    });
  }
}

function readRows(
  file: string,
  text: string,
  signature: Signature,
  fromTable: (table: Table) => readonly ParityRows[],
): readonly ParityRows[] {
  const [extension = ''] = /\.[a-z]+$/.exec(file.toLowerCase()) ?? [];
  switch (extension) {
    case '.csv':
      return fromTable(readCsv(text, signature, { header: 'detect' }));
    case '.jsonl':
    case '.ndjson':
      return text.split('\n').flatMap((line, index) => {
        if (line.trim() === '') return [];
        return [at(`line ${index + 1}`, () => readRequest(parseJson(line)))];
      });
    case '.json': {
      const value = parseJson(text);
      if (!Array.isArray(value)) return [readRequest(value)];
      if (!value.some((item) => isObject(item) && 'inputs' in item))
        return fromTable(recordsTable(value));
      return value.map((item, index) => at(`item ${index + 1}`, () => readRequest(item)));
    }
    default:
      throw new Error('unknown extension: name it .csv, .json, .jsonl or .ndjson');
  }
}

function readRequest(value: unknown): ParityRows {
  if (!isObject(value) || !Array.isArray(value.inputs)) {
    throw new Error('expected a request of the Open Inference Protocol, {"inputs":[…]}');
  }
  const { inputs, outputs } = value;
  // Requested outputs, in contrast to captured ones, have no data.
  const known =
    Array.isArray(outputs) &&
    outputs.length > 0 &&
    outputs.every((output) => isObject(output) && 'data' in output);
  return {
    inputs: inputs as readonly JsonTensor[],
    ...(known && { expected: outputs as readonly JsonTensor[] }),
  };
}

async function readText(file: string, maxBytes: number): Promise<string> {
  const unreadable = (why: string, cause?: unknown): ParityError =>
    new ParityError('ERR_PARITY_ROWS_UNREADABLE', `cannot read rows from ${file}: ${why}`, {
      cause,
    });
  try {
    const handle = await open(file);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Error('it is not a file');
      if (stats.size > maxBytes) {
        throw new Error(`it has ${stats.size} bytes, and at most ${maxBytes} are read`);
      }
      return decodeText(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function at<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${place}: ${why}`, { cause });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
