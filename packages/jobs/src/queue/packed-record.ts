const NEWLINE = 0x0a;

/** Record of a store: facts as a line of JSON, followed by bytes. */
export interface PackedRecord {
  readonly facts: unknown;
  readonly body: Buffer;
}

/** Encodes facts as a line of JSON in front of bytes. */
export function packRecord(facts: object, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), body]);
}

/** Decodes a whole record. */
export function unpackRecord(bytes: Buffer): PackedRecord {
  const end = bytes.indexOf(NEWLINE);
  return { facts: unpackFacts(bytes, end), body: bytes.subarray(end + 1) };
}

/** Decodes the facts from the start of a record; undefined when the first line is incomplete. */
export function unpackHead(bytes: Buffer): unknown {
  const end = bytes.indexOf(NEWLINE);
  return end === -1 ? undefined : unpackFacts(bytes, end);
}

function unpackFacts(bytes: Buffer, end: number): unknown {
  return JSON.parse(bytes.toString('utf8', 0, end)) as unknown;
}
