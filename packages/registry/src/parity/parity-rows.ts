import { open } from 'node:fs/promises';
import {
  createSignatureCheck,
  decodeTensor,
  decodeText,
  readCsv,
  recordsTable,
  type Signature,
  type Table,
} from '@fairlead/signature';
import { parseJson } from '../records/json-text.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { JsonTensor, Manifest } from '../versions/manifest.ts';
import { tableRequests } from './table-requests.ts';

/** Some rows to ask a model for, in one request. */
export interface ParityRows {
  readonly inputs: readonly JsonTensor[];
  /** What the original answers, where that is known already. */
  readonly expected?: readonly JsonTensor[];
}

/** How a file of rows is read. */
export interface ParityRowsOptions {
  /**
   * Rows of a table that one request holds.
   *
   * @defaultValue 256
   */
  readonly rowsPerRequest?: number;
  /**
   * Longest file, in bytes.
   *
   * @defaultValue 268435456 (256 MiB)
   */
  readonly maxBytes?: number;
}

/** The golden examples of a version, with what they expect. */
export function goldenParityRows({
  goldenExamples,
}: Pick<Manifest, 'goldenExamples'>): readonly ParityRows[] {
  return goldenExamples.map(({ inputs, outputs }) => ({ inputs, expected: outputs }));
}

/**
 * Reads rows to compare an export with its original on, and checks each against the signature.
 *
 * The file's name says how: `.csv` is a table, whose first line may name features or inputs (`header: 'detect'` of
 * `readCsv`); `.jsonl` and `.ndjson` hold a V2 request a line, as they were captured; `.json` holds one request, a list of
 * them, or a list of `{feature: value}`. Cells are read as the protocols of tables read them, see `tableTensors`. A request
 * that has `outputs` with data says what the original answers; columns that no input needs are ignored.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ROWS` naming the line, the column and what is wrong;
 * `ERR_REGISTRY_SOURCE_UNREADABLE`
 */
export async function readParityRows(
  file: string,
  signature: Signature,
  { rowsPerRequest = 256, maxBytes = 256 * 1024 * 1024 }: ParityRowsOptions = {},
): Promise<readonly ParityRows[]> {
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
    throw new RegistryError('ERR_REGISTRY_INVALID_ROWS', `cannot use the rows of ${file}: ${why}`, {
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
      throw new Error('its name says of no format that is known: .csv, .json, .jsonl or .ndjson');
  }
}

function readRequest(value: unknown): ParityRows {
  if (!isObject(value) || !Array.isArray(value.inputs)) {
    throw new Error('expected a request of the Open Inference Protocol, {"inputs":[…]}');
  }
  const { inputs, outputs } = value;
  // A request may name the outputs that it wants; those have no data.
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
  const unreadable = (why: string, cause?: unknown): RegistryError =>
    new RegistryError('ERR_REGISTRY_SOURCE_UNREADABLE', `cannot read rows from ${file}: ${why}`, {
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
