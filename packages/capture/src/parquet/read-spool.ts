import { readFile } from 'node:fs/promises';
import { isDatatype } from '@fairlead/signature';
import type { CapturedRequest } from '../spool/captured-request.ts';
import type { SpoolVersion } from '../spool/spool-line.ts';

/** Contents of a spool file. */
export interface SpoolContents {
  readonly entries: readonly {
    readonly version: SpoolVersion;
    readonly request: CapturedRequest;
  }[];
  /** Lines that couldn't be read, such as the last line of a killed process. */
  readonly invalid: number;
}

/** Latest time that a date has. */
const MAX_TIME = 8.64e15;

/** Reads a spool file, complete or not. */
export async function readSpool(path: string): Promise<SpoolContents> {
  const content = await readFile(path);
  const versions = new Map<number, SpoolVersion>();
  const entries: { version: SpoolVersion; request: CapturedRequest }[] = [];
  let invalid = 0;
  for (let start = 0; start < content.length;) {
    const end = content.indexOf('\n', start);
    const line = parseLine(content.toString('utf8', start, end < 0 ? content.length : end));
    start = end < 0 ? content.length : end + 1;
    if (isVersion(line?.of) && line.format === 1) versions.set(Number(line.schema), line.of);
    else {
      const version = versions.get(Number(line?.schema));
      const request = line?.request;
      if (version !== undefined && isRequest(request)) entries.push({ version, request });
      else invalid += 1;
    }
  }
  return { entries, invalid };
}

interface ParsedLine {
  readonly format?: unknown;
  readonly schema?: unknown;
  readonly of?: unknown;
  readonly request?: unknown;
}

function parseLine(text: string): ParsedLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? line : undefined;
  } catch {
    return undefined;
  }
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

function isRequest(value: unknown): value is CapturedRequest {
  const { requestId, at, rows, weight, values } = (value ?? {}) as Partial<CapturedRequest>;
  return (
    typeof requestId === 'string' &&
    Number.isSafeInteger(at) &&
    Math.abs(at ?? 0) <= MAX_TIME &&
    Number.isSafeInteger(rows) &&
    typeof weight === 'number' &&
    Array.isArray(values)
  );
}
