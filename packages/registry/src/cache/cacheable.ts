import { fingerprint } from '../blobs/blob-source.ts';
import { decodeRecord } from '../records/stored-record.ts';

const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;
const RECORD =
  /^models\/([^/]+)\/(?:(?:versions|aliases\/[^/]+)\/(\d{8})|signatures\/(\d{8})\/[0-9a-f]{16})\.json$/;

/** Returns the SHA-256 in the key of an artifact; `undefined` for any other key. */
export function promisedHash(key: string): string | undefined {
  return BLOB.exec(key)?.[1];
}

/** Returns whether `key` is that of a manifest, a signature or an alias entry, which contain the digest of their bytes. */
export function isRecordKey(key: string): boolean {
  return RECORD.test(key);
}

/** Returns whether `bytes` are an intact record that belongs at `key`. */
export function isRecordAt(key: string, bytes: Uint8Array): boolean {
  try {
    const record = decodeRecord(key, bytes) as Readonly<Record<string, unknown>>;
    const [, model, numbered, signed] = RECORD.exec(key) ?? [];
    const number = numbered ?? signed;
    // A manifest and a signature have no number but their version.
    return record.model === model && (record.number ?? record.version) === Number(number);
  } catch {
    return false;
  }
}

/** Returns whether the bytes of `body` have this SHA-256. */
export async function hasHash(body: AsyncIterable<Uint8Array>, sha256: string): Promise<boolean> {
  return (await fingerprint(body)).sha256 === sha256;
}
