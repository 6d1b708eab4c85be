import { JobsError } from '../errors/jobs-error.ts';

const NEWLINE = 0x0a;
/** Maximum size of the first line of a record, which is read without the rest. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** Record of a store: facts as a line of JSON, followed by bytes. */
export interface PackedRecord {
  readonly facts: unknown;
  readonly body: Buffer;
}

/**
 * Encodes facts as a line of JSON in front of bytes.
 *
 * @throws JobsError `ERR_JOBS_TOO_LARGE` for a line of more than `maxHeadBytes`.
 */
export function packRecord(facts: object, body: Uint8Array, maxHeadBytes = MAX_HEAD_BYTES): Buffer {
  const head = Buffer.from(`${JSON.stringify(facts)}\n`);
  if (head.length <= maxHeadBytes) return Buffer.concat([head, body]);
  throw new JobsError(
    'ERR_JOBS_TOO_LARGE',
    `path, headers and owner have ${head.length} bytes, more than the ${maxHeadBytes} that are stored: send shorter headers`,
  );
}

/** Decodes a whole record; the facts are undefined when they aren't JSON. */
export function unpackRecord(bytes: Buffer): PackedRecord {
  const end = bytes.indexOf(NEWLINE);
  return { facts: unpackFacts(bytes, end), body: bytes.subarray(end + 1) };
}

/** Decodes the facts from the start of a record; undefined when the first line is incomplete or not JSON. */
export function unpackHead(bytes: Buffer): unknown {
  const end = bytes.indexOf(NEWLINE);
  return end === -1 ? undefined : unpackFacts(bytes, end);
}

function unpackFacts(bytes: Buffer, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', 0, Math.max(0, end))) as unknown;
  } catch {
    return undefined;
  }
}
