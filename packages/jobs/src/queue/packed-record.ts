const NEWLINE = 0x0a;

/** What is stored of something: facts as a line of JSON, and bytes behind it. */
export interface PackedRecord {
  readonly facts: unknown;
  readonly body: Buffer;
}

/** Puts a line of JSON in front of bytes. */
export function packRecord(facts: object, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), body]);
}

/** Takes facts and bytes apart again. */
export function unpackRecord(bytes: Buffer): PackedRecord {
  const end = bytes.indexOf(NEWLINE);
  return { facts: unpackFacts(bytes, end), body: bytes.subarray(end + 1) };
}

/** The facts alone, given at least the first line; undefined when it is longer than what was given. */
export function unpackHead(bytes: Buffer): unknown {
  const end = bytes.indexOf(NEWLINE);
  return end === -1 ? undefined : unpackFacts(bytes, end);
}

function unpackFacts(bytes: Buffer, end: number): unknown {
  return JSON.parse(bytes.toString('utf8', 0, end)) as unknown;
}
