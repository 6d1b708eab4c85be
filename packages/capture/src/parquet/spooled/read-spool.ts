import { readFile } from 'node:fs/promises';
import { isDatatype } from '@fairlead/signature';
import type { CapturedRequest } from '../../spool/captured-request.ts';
import { SPOOL_FORMAT, type SpoolVersion } from '../../spool/spool-line.ts';
import { type ListedValue, ListedValues } from './listed-values.ts';
import type { SpooledValues } from './spooled-values.ts';
import { TensorValues, tensorLayout } from './tensor-values.ts';

/** A captured request that was read from a spool file. */
export interface SpooledRequest extends Omit<CapturedRequest, 'tensors'> {
  readonly values: SpooledValues;
}

/** Contents of a spool file. */
export interface SpoolContents {
  readonly entries: readonly {
    readonly version: SpoolVersion;
    readonly request: SpooledRequest;
  }[];
  /** Lines that couldn't be read, such as the last line of a killed process. */
  readonly invalid: number;
}

/** Latest time that a date has. */
const MAX_TIME = 8.64e15;

/** Format of files that earlier releases left. */
const LISTED_FORMAT = 1;

/** Reads a spool file, complete or not. */
export async function readSpool(path: string): Promise<SpoolContents> {
  const content = await readFile(path);
  const versions = new Map<number, KnownVersion>();
  const entries: { version: SpoolVersion; request: SpooledRequest }[] = [];
  let invalid = 0;
  for (let start = 0; start < content.length;) {
    const end = content.indexOf('\n', start);
    const line = parseLine(content.toString('utf8', start, end < 0 ? content.length : end));
    start = end < 0 ? content.length : end + 1;
    const added = knownVersion(line);
    if (added !== undefined) {
      versions.set(Number(line?.schema), added);
      continue;
    }
    const known = versions.get(Number(line?.schema));
    const request = known && requestOf(line?.request, known);
    if (known !== undefined && request !== undefined) {
      entries.push({ version: known.version, request });
    } else invalid += 1;
  }
  return { entries, invalid };
}

interface ParsedLine {
  readonly format?: unknown;
  readonly schema?: unknown;
  readonly of?: unknown;
  readonly request?: unknown;
}

type ParsedRequest = CapturedRequest & { readonly values?: unknown };

/** A version in a spool file. */
interface KnownVersion {
  readonly version: SpoolVersion;
  /** Reads the values of a request, and throws if it has none that can be read. */
  readonly valuesOf: (request: ParsedRequest) => SpooledValues;
}

function parseLine(text: string): ParsedLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? line : undefined;
  } catch {
    return undefined;
  }
}

function knownVersion(line: ParsedLine | undefined): KnownVersion | undefined {
  if (!isVersion(line?.of)) return undefined;
  const version = line.of;
  if (line.format === LISTED_FORMAT) {
    const valuesOf = ({ values }: ParsedRequest): SpooledValues =>
      new ListedValues(version.columns, listOf(values) as readonly ListedValue[]);
    return { version, valuesOf };
  }
  if (line.format !== SPOOL_FORMAT) return undefined;
  const layout = tensorLayout(version);
  const valuesOf = ({ tensors, rows }: ParsedRequest): SpooledValues =>
    new TensorValues(layout, listOf(tensors), rows);
  return { version, valuesOf };
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('a request has no list of values');
}

function isVersion(value: unknown): value is SpoolVersion {
  const { model, version, columns } = (value ?? {}) as Partial<SpoolVersion>;
  return (
    typeof model === 'string' &&
    typeof version === 'string' &&
    Array.isArray(columns) &&
    columns.every(
      ({ name, datatype, depth }: Partial<SpoolVersion['columns'][number]>) =>
        typeof name === 'string' && isDatatype(datatype) && Number.isSafeInteger(depth),
    )
  );
}

function requestOf(value: unknown, { valuesOf }: KnownVersion): SpooledRequest | undefined {
  const request = (value ?? {}) as ParsedRequest;
  const { requestId, at, durationMs, rows, weight } = request;
  const isRequest =
    typeof requestId === 'string' &&
    Number.isSafeInteger(at) &&
    Math.abs(at) <= MAX_TIME &&
    Number.isSafeInteger(rows) &&
    typeof weight === 'number';
  if (!isRequest) return undefined;
  const { variant, routingKey, shadowOf, fallbackFrom } = request;
  const facts = { requestId, at, durationMs, rows, weight };
  try {
    const values = valuesOf(request);
    return { ...facts, variant, routingKey, shadowOf, fallbackFrom, values };
  } catch {
    return undefined;
  }
}
